"""What Home Assistant does when it is asked in words, over its HTTP interface.

May import: engines, config, text, service, common.
"""
