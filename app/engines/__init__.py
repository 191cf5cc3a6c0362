"""The engines: each verb takes a grant and gives a draft. No picture comes in any other way."""
