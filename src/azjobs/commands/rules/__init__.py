"""Azure's rules for names, logins, images, ports and addresses. Pure; a breach is one sentence that says what to do."""
