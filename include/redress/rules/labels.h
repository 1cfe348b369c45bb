/* labels: sets of words, for the outlines of phrases. For daemon/rules alone.
 *
 * Words are gathered, then numbered once (lexicon.h); from then on sets of them are made, each only
 * once however often it is named, and known by a number. What a text is tried against is struct
 * rd_label: one class, or a small table of classes.
 *
 * Everything lies in the arena. Immutable once the last label is made, shared between threads.
 */
#ifndef REDRESS_RULES_LABELS_H
#define REDRESS_RULES_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/rules/lexicon.h"
#include "redress/rules/sketch.h"
#include "redress/rules/wording.h"

#define RD_LABEL_NONE	    UINT32_MAX /* the arena is full */
#define RD_SYMBOL_FREQUENCY 5	       /* of a symbol, as rd_lexicon_frequency */

/* Classes of the lexicon, and shapes (wording.h). */
struct rd_label {
	uint32_t at;	 /* bits 0: the one class; else where its table begins */
	uint16_t shapes; /* bit n: words of shape n */
	uint8_t bits;	 /* of the table's size */
};

struct rd_labels {
	struct rd_arena *arena;
	struct rd_lexicon *lexicon;
	struct rd_label_set *sets; /* by number */
	uint32_t n_sets, size;
	uint32_t *heads; /* sets by their content */
	uint32_t *slots; /* the tables, one behind another; 0: empty */
	uint32_t n_slots, slots_size;
	uint32_t *room; /* of one set being made */
	uint32_t room_size;
	uint32_t built_in[RD_N_BUILT_INS][2];
	struct rd_sketch_words *built_in_words[RD_N_BUILT_INS][2];
	uint32_t none, any;
	void *scratch;
};

/* False where the arena is full. */
bool rd_labels_begin(struct rd_labels *labels, struct rd_arena *arena);
/* The words of a sketch; all sketches are added before the first label is made. */
bool rd_labels_add(struct rd_labels *labels, const struct rd_sketch *sketch);
bool rd_labels_finish(struct rd_labels *labels);

/* The words of one stroke. */
uint32_t rd_labels_of(struct rd_labels *labels, struct rd_sketch_words *words);
/* A part of [number], [money] or [date]: its first word, or a further one. */
uint32_t rd_labels_built_in(const struct rd_labels *labels, enum rd_built_in which, bool further);
uint32_t rd_labels_both(struct rd_labels *labels, uint32_t a, uint32_t b);
/* How often a word of the set stands in what residents write: in 10,000 words. */
uint64_t rd_labels_cost(const struct rd_labels *labels, uint32_t label);
/* What words are tried against. */
bool rd_labels_get(struct rd_labels *labels, uint32_t label, struct rd_label *ret_label);
/* What several of them hold together, in order. */
bool rd_labels_classes(struct rd_labels *labels, const uint32_t *numbers, size_t n,
	const uint32_t **ret_classes, uint32_t *ret_n, uint16_t *ret_shapes);
/* A label's own, in order. */
struct rd_label_content {
	const uint32_t *classes;
	uint32_t n_classes;
	uint16_t shapes;
};
struct rd_label_content rd_labels_content(const struct rd_labels *labels, uint32_t label);
/* Room that every drawing uses in turn, made with the first; NULL where the arena is full. */
void *rd_labels_scratch(struct rd_labels *labels, size_t bytes);

/* Is a word of this class and shape in the set? slots: of the labels. */
static inline bool rd_label_has(
	const uint32_t *slots, struct rd_label label, uint32_t class, unsigned shape)
{
	if ((label.shapes >> shape & 1) != 0)
		return true;
	if (label.bits == 0)
		return label.at == class;
	if (class == 0)
		return false;
	const uint32_t *table = slots + label.at, mask = (1u << label.bits) - 1;
	uint32_t i = (class * 0x9e3779b1u) >> (32 - label.bits);
	while (table[i] != 0) {
		if (table[i] == class)
			return true;
		i = (i + 1) & mask;
	}
	return false;
}

#endif
