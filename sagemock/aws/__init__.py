"""How SageMaker speaks: shapes, constraints, operations, pages. Values in, values out; no process and no network."""
