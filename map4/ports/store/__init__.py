"""What a store offers to the use cases, by subject; `store.py` joins them. The adapter is made in one place."""
