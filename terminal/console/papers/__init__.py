"""Documents at the counter: a child process reads, signs and checks them, so that the console stays small and parses nothing of
anybody's.
"""
