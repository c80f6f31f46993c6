"""The ground floor: runs torch. It knows nothing of cards, chats or people."""
