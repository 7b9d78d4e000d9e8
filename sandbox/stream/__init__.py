"""The exchange over WebSocket: subscriptions, channels, sequence numbers."""
