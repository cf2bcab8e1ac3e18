"""Bytes in, bytes out: seal, commit, sign, prove. Knows no message types."""
