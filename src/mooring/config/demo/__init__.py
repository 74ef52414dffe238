"""An invented company, Halyard & Sons, rope and sail makers, with the mail of a year: what `mooring demo` brings in.

Everybody and everything here is made up; all addresses lie in domains that are reserved for examples (RFC 2606).
"""
