"""Scenarios: cases played through real SDKs and a real router, and compared."""
