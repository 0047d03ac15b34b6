"""What a request will cost, before anything is asked: pure."""
