"""One folder a platform: `parse` and `render` are pure, `client` holds the connection."""
