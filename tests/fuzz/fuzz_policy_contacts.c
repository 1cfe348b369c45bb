/* A contacts file of any bytes: every fault has a place and readable words, nobody comes twice. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/message/charset.h"
#include "redress/policy/contacts_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const landlords[] = { "code-2024", "one-housing" };
	static const char *const ignored[] = { "notes" };
	const struct rd_contacts_order order = { "code-2024", landlords, 2, ignored, 1 };
	struct rd_arena *arena = rd_arena_new(64u << 20);
	struct rd_contacts_file file = { 0 };
	struct rd_err err = { 0 };
	enum rd_rc rc = rd_contacts_parse((const char *)data, size, &order, arena, &file, &err);

	RD_ASSERT(rc == RD_OK || rc == RD_E_RANGE);
	RD_ASSERT(!file.unusable || file.n_faults > 0);
	for (size_t i = 0; i < file.n_faults; i++) {
		RD_ASSERT(file.faults[i].line >= 1 && file.faults[i].column >= 1);
		RD_ASSERT(rd_utf8_valid(file.faults[i].why, strlen(file.faults[i].why)) ==
			  strlen(file.faults[i].why));
	}
	for (size_t i = 0; i < file.n; i++) {
		RD_ASSERT(file.residents[i].email[0] != '\0' || file.residents[i].phone[0] == '+');
		RD_ASSERT(strlen(file.residents[i].name) <= RD_CONTACT_NAME_MAX);
	}
	rd_arena_free(arena);
	return 0;
}
