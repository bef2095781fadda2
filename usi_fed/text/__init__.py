"""Text that people write and read: HTML made safe, posts rendered, hashtags, languages, emoji, lengths."""
