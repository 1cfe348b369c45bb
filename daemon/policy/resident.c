#include "redress/policy/resident.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "redress/base/arena.h"

const char *const rd_prefers_names[RD_N_PREFERS + 1] = { "", "email", "sms", "post", "phone",
	NULL };

/* --- names --- */

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '\'';
}

/* The next word from there on, its length in *ret_len; 0: there is none. */
static const char *next_word(const char *at, size_t *ret_len)
{
	while (*at != '\0' && !is_of_name(*at))
		at++;
	for (*ret_len = 0; is_of_name(at[*ret_len]);)
		++*ret_len;
	return at;
}

static size_t n_words(const char *name)
{
	size_t n = 0, len = 0;

	for (name = next_word(name, &len); len > 0; name = next_word(name + len, &len))
		n++;
	return n;
}

static bool holds_word(const char *name, const char *word, size_t word_len)
{
	size_t len = 0;

	for (name = next_word(name, &len); len > 0; name = next_word(name + len, &len))
		if (len == word_len && strncasecmp(name, word, len) == 0)
			return true;
	return false;
}

bool rd_resident_may_be(const struct rd_resident *resident, const char *name)
{
	const bool shorter = n_words(name) < n_words(resident->name);
	const char *word = shorter ? name : resident->name;
	const char *longer = shorter ? resident->name : name;
	size_t len = 0;

	if (n_words(word) == 0)
		return true;
	for (word = next_word(word, &len); len > 0; word = next_word(word + len, &len))
		if (!holds_word(longer, word, len))
			return false;
	return true;
}

/* --- several people --- */

static void keep_common(const char **so_far, const char *next)
{
	if (strcmp(*so_far, next) != 0)
		*so_far = "";
}

/* "ring first" is not said by "never ring first". */
static bool stands_there(const char *lines, const char *next)
{
	const size_t len = strlen(next);

	for (const char *at = lines; (at = strstr(at, next)) != NULL; at++)
		if ((at == lines || at[-1] == '\n') && (at[len] == '\0' || at[len] == '\n'))
			return true;
	return false;
}

/* One a line, none twice. */
static void add_line(const char **so_far, const char *next, struct rd_arena *arena)
{
	const char *both;

	if (next[0] == '\0' || stands_there(*so_far, next))
		return;
	if ((*so_far)[0] == '\0') {
		*so_far = next;
		return;
	}
	both = rd_arena_printf(arena, "%s\n%s", *so_far, next);
	if (both != NULL)
		*so_far = both;
}

struct rd_resident rd_resident_of_all(
	const struct rd_resident *residents, size_t n, struct rd_arena *arena)
{
	struct rd_resident all = residents[0];

	for (size_t i = 1; i < n; i++) {
		const struct rd_resident *next = &residents[i];

		keep_common(&all.reference, next->reference);
		keep_common(&all.name, next->name);
		keep_common(&all.email, next->email);
		keep_common(&all.phone, next->phone);
		keep_common(&all.address, next->address);
		keep_common(&all.language, next->language);
		keep_common(&all.tenure, next->tenure);
		if (all.prefers != next->prefers)
			all.prefers = RD_PREFERS_NOTHING;
		add_line(&all.adjustments, next->adjustments, arena);
		add_line(&all.restrictions, next->restrictions, arena);
		if (!rd_date_is_set(all.restrictions_until) ||
			(rd_date_is_set(next->restrictions_until) &&
				rd_date_compare(next->restrictions_until, all.restrictions_until) <
					0))
			all.restrictions_until = next->restrictions_until;
		all.id = 0;
	}
	return all;
}
