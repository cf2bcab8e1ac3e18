"""The vocabulary: what a message is. Imports nothing of ours."""
