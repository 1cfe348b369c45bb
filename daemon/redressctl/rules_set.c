#include "rules_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE		  "live"
#define PREFIX		  "sha256:"
#define NUMBER_DIGITS_MAX 9 /* of the history; more digits are a SHA-256 */
#define SHORT_DIGITS	  8

static bool is_number(const char *word)
{
	const size_t n = strlen(word);

	return n > 0 && n <= NUMBER_DIGITS_MAX && strspn(word, "0123456789") == n;
}

static bool is_digits(const char *word)
{
	const size_t n = strlen(word);

	return strncmp(word, PREFIX, strlen(PREFIX)) == 0 ||
	       (n >= RD_RULESET_DIGITS_MIN && strspn(word, "0123456789abcdef") == n);
}

bool rd_ctl_set_is_stored(const char *word)
{
	return strcmp(word, LIVE) == 0 || is_number(word) || is_digits(word);
}

enum rd_rc rd_ctl_set_name(struct rd_db *db, const char *word, struct rd_arena *arena,
	char ret_sha256[RD_RULESET_NAME_MAX], struct rd_err *err)
{
	struct rd_activation activation;
	enum rd_rc rc;

	if (strcmp(word, LIVE) == 0)
		rc = rd_rulesets_current(db, arena, &activation, err);
	else if (is_number(word))
		rc = rd_rulesets_activation(db, strtoll(word, NULL, 10), arena, &activation, err);
	else
		return rd_rulesets_find(db, word, ret_sha256, err);
	/* A number that the history does not know may begin a SHA-256. */
	if (rc == RD_E_MISSING && is_number(word) && is_digits(word)) {
		struct rd_err ignored = { 0 };
		return rd_rulesets_find(db, word, ret_sha256, &ignored) == RD_OK ? RD_OK : rc;
	}
	RD_TRY(rc);
	memcpy(ret_sha256, activation.sha256, RD_RULESET_NAME_MAX);
	return RD_OK;
}

static const char *words_of(const char *word, const char *sha256, struct rd_arena *arena)
{
	char digits[RD_SHORT_SHA_MAX];

	rd_ctl_short_sha(sha256, digits);
	if (strcmp(word, LIVE) == 0)
		return rd_arena_printf(arena, "the live rules (%s)", digits);
	if (is_number(word))
		return rd_arena_printf(arena, "number %s of the history (%s)", word, digits);
	return rd_arena_printf(arena, "the stored rules %s", digits);
}

enum rd_rc rd_ctl_set_read(struct rd_db *db, const char *word, struct rd_arena *arena,
	struct rd_ctl_set *ret_set, struct rd_err *err)
{
	char sha256[RD_RULESET_NAME_MAX], digits[RD_SHORT_SHA_MAX];
	struct rd_ctl_set set = { .dir = NULL };

	if (rd_ctl_set_is_stored(word)) {
		RD_ASSERT(db != NULL);
		RD_TRY(rd_ctl_set_name(db, word, arena, sha256, err));
		RD_TRY(rd_rulesets_get(db, sha256, arena, &set.files, err));
		set.words = words_of(word, sha256, arena);
	} else {
		RD_TRY(rd_rulefiles_read(word, arena, &set.files, err));
		set.dir = word;
		set.words = rd_arena_printf(arena, "the folder %s (%s)", word,
			rd_ctl_short_sha(set.files.sha256, digits));
	}
	if (set.words == NULL)
		return rd_fail(err, RD_E_RANGE, "`%.80s` is too large", word);
	*ret_set = set;
	return RD_OK;
}

const char *rd_ctl_short_sha(const char *sha256, char out[static RD_SHORT_SHA_MAX])
{
	const size_t skip = strncmp(sha256, PREFIX, strlen(PREFIX)) == 0 ? strlen(PREFIX) : 0;

	snprintf(out, RD_SHORT_SHA_MAX, "%.*s", SHORT_DIGITS, sha256 + skip);
	return out;
}
