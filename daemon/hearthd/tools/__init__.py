"""What the chat model may call: what a tool is, and the tools of other servers.

May import: home_assistant, engines, config, common.
"""
