"""What users would take otherwise: mock servers from public packages, given the same `openapi.yaml`."""
