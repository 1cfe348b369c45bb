#include "redress/wire/providers/provider.h"

#include <string.h>

#include "redress/wire/providers/notify.h"
#include "redress/wire/providers/tray.h"
#include "redress/wire/providers/twilio.h"

const struct rd_provider *rd_provider_of(enum rd_texts_kind kind)
{
	switch (kind) {
	case RD_TEXTS_TWILIO:
		return &rd_twilio;
	case RD_TEXTS_NOTIFY:
		return &rd_notify;
	case RD_TEXTS_TRAY:
		break;
	}
	return &rd_tray;
}

const char *rd_provider_number(struct rd_arena *arena, const char *text, size_t len)
{
	char digits[32];
	size_t n = 0;
	bool plus = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c >= '0' && c <= '9' && n < sizeof digits - 1)
			digits[n++] = c;
		else if (c == '+' && n == 0 && !plus)
			plus = true;
		else if (c != ' ' && c != '-' && c != '(' && c != ')')
			return rd_arena_copy(arena, text, len);
	}
	digits[n] = '\0';
	if (plus && n > 0)
		return rd_arena_printf(arena, "+%s", digits);
	if (n == 12 && strncmp(digits, "44", 2) == 0)
		return rd_arena_printf(arena, "+%s", digits);
	if (n == 11 && strncmp(digits, "07", 2) == 0)
		return rd_arena_printf(arena, "+44%s", digits + 1);
	return rd_arena_copy(arena, text, len);
}
