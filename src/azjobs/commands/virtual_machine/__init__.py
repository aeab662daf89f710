"""Virtual machines: `new_vm`, `get_vm`, `start_vm`, `stop_vm`, `restart_vm`, `remove_vm`."""
