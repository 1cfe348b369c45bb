/* reading: what the rules made of a message, as redressctl shows it from the store. */
#ifndef REDRESS_REDRESSCTL_READING_H
#define REDRESS_REDRESSCTL_READING_H

#include <jansson.h>
#include "redress/base/arena.h"
#include "redress/message/message.h"
#include "redress/rules/definition.h"
#include "redress/rules/score.h"

/* The resident's words that it hit; "" for rules together and where they were erased. Arena. */
const char *rd_ctl_hit_words(
	const struct rd_message *message, const struct rd_hit *hit, struct rd_arena *arena);
/* A hit's words in quotation marks, in one line, and nothing in it may steer a terminal. "(rules
 * together)" for none. */
void rd_ctl_print_quoted(const char *words);
/* [{"rule","means","points","where","span","text"}], in order of place. */
json_t *rd_ctl_hits_json(
	const struct rd_message *message, const struct rd_score *score, struct rd_arena *arena);
/* For people, indented: the decision with its points, what counted for a complaint and for what it
 * became, each with its sum, the rest in one line. rules: those that it was scored by, which know
 * what points are for; NULL where they can be read no longer. */
void rd_ctl_print_decision(const struct rd_message *message, const struct rd_score *score,
	const struct rd_definitions *rules, struct rd_arena *arena);

#endif
