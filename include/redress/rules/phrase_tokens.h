/* phrase_tokens: an officer's phrase taken apart, before it becomes a pattern (phrase.h). For
 * daemon/rules/phrase.c alone.
 *
 * Faults of spelling (brackets, parentheses, stars, unknown lists) are found here; faults of order
 * (a gap at the beginning, an anchor in the middle) by phrase.c.
 */
#ifndef REDRESS_RULES_PHRASE_TOKENS_H
#define REDRESS_RULES_PHRASE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/message/normal.h"
#include "redress/rules/phrase.h"

#define RD_PHRASE_TOKENS_MAX 256

enum rd_token_kind {
	RD_TOKEN_WORD,
	RD_TOKEN_OPEN,
	RD_TOKEN_CLOSE,
	RD_TOKEN_BAR,
	RD_TOKEN_GAP,
	RD_TOKEN_LIST,
	RD_TOKEN_BUILT_IN, /* [number] [money] [date]: text holds the name */
	RD_TOKEN_START,
	RD_TOKEN_END,
	RD_TOKEN_S_START,
	RD_TOKEN_S_END,
	RD_TOKEN_QUESTION,
};

struct rd_token {
	enum rd_token_kind kind;
	const char *text; /* in the phrase made plain */
	size_t len;
	size_t partner; /* of a parenthesis */
	bool optional, prefix;
	bool glued;   /* no blank before it */
	int min, max; /* of a gap */
	struct rd_phrase_list *list;
};

struct rd_tokens {
	const char *text; /* made plain */
	const struct rd_normal *normal;
	struct rd_place at;
	struct rd_phrase_lists *lists;
	struct rd_problems *problems;
	struct rd_token items[RD_PHRASE_TOKENS_MAX];
	size_t n_items;
	bool odd, wide; /* as in struct rd_phrase */
	bool failed;	/* a problem was added */
};

/* normal: the phrase; all of the arguments are kept. lists NULL: none may be named. */
void rd_tokens_read(struct rd_tokens *tokens, const struct rd_normal *normal, struct rd_place at,
	struct rd_phrase_lists *lists, struct rd_problems *problems);
/* Adds a problem at a place of text; always false. */
bool rd_tokens_complain(struct rd_tokens *tokens, const char *at, const char *what);
bool rd_token_is(const struct rd_token *token, const char *text);

#endif
