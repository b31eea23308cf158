"""The parts that all kinds of job share: kinds, places, the store, histories, timelines, logs, plan fields and plan rules."""
