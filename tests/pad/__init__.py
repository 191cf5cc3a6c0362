"""Presentation attack detection (ISO/IEC 30107-3): the instruments, and what they and living people score."""
