"""Virtual time, and the threads and tasks that wait for it."""
