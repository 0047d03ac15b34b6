"""XML documents: records streamed by their element, without entities."""
