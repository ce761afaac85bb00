"""The benchmarks: `python -m benchmarks` measures what users feel, side by side with a bare Starlette route."""
