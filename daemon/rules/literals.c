#include <string.h>

#include "redress/rules/phrase.h"

#define EITHER_MAX 600 /* literals that are looked for on behalf of one pattern */

/* Words that stand in most messages: poor to look for. */
static const char *const common[] = { "about", "again", "been", "could", "does", "from", "have",
	"here", "house", "just", "know", "like", "more", "need", "please", "repair", "since",
	"that", "the", "them", "there", "they", "this", "time", "want", "week", "were", "what",
	"when", "will", "with", "would", "your" };

static int worth_of(const char *text, size_t len)
{
	int worth = 0;

	while (len > 0 && text[0] == ' ') {
		text++;
		len--;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	worth = (int)len;

	for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
		if (strlen(common[i]) == len && memcmp(common[i], text, len) == 0)
			worth -= 3;
	return worth;
}

struct rd_literals rd_literals_one(const char *text, size_t len, struct rd_arena *arena)
{
	const char **items = len > 0 ? rd_arena_alloc(arena, sizeof *items) : NULL;

	if (items == NULL)
		return (struct rd_literals){ .items = NULL, .n_items = 0, .worth = 0 };
	items[0] = rd_arena_copy(arena, text, len);
	return (struct rd_literals){
		.items = items, .n_items = items[0] != NULL ? 1 : 0, .worth = worth_of(text, len)
	};
}

struct rd_literals rd_literals_better(struct rd_literals a, struct rd_literals b)
{
	if (a.n_items == 0)
		return b;
	if (b.n_items == 0)
		return a;
	if (a.worth != b.worth)
		return a.worth > b.worth ? a : b;
	return a.n_items <= b.n_items ? a : b;
}

struct rd_literals rd_literals_either(
	struct rd_literals a, struct rd_literals b, struct rd_arena *arena)
{
	size_t n = a.n_items + b.n_items;

	if (a.n_items == 0 || b.n_items == 0 || n > EITHER_MAX)
		return (struct rd_literals){ .items = NULL, .n_items = 0, .worth = 0 };
	const char **items = rd_arena_array(arena, n, sizeof *items);
	if (items == NULL)
		return (struct rd_literals){ .items = NULL, .n_items = 0, .worth = 0 };
	memcpy(items, a.items, a.n_items * sizeof *items);
	memcpy(items + a.n_items, b.items, b.n_items * sizeof *items);
	return (struct rd_literals){
		.items = items, .n_items = n, .worth = a.worth < b.worth ? a.worth : b.worth
	};
}
