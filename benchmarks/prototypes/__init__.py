"""What a native part would bring: measured before anybody asks for one."""
