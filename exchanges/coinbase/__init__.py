"""Coinbase Advanced Trade: its messages as typed records, its public REST, its market WebSocket.

Knows nothing of markets, accounts or Django: what streams candles and what trades build on the same parts.
"""
