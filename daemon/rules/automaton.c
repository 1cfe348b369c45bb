#include "redress/rules/automaton.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct rd_automaton {
	uint8_t class_of[256]; /* 0: a byte of no needle */
	uint32_t n_classes, n_states;
	/* [state * n_classes + class]: the next state; once built, where its row begins, doubled,
	 * plus one where it has owners. */
	uint32_t *next;
	uint32_t *out_at; /* [state]: where its owners begin in owners; one more than states */
	uint32_t *owners;
};

/* While it is built. */
struct builder {
	struct rd_automaton *a;
	uint32_t *fail, *queue;
	uint32_t *own_head;  /* [state]: first of its own needles, or NONE */
	uint32_t *next_same; /* [needle] */
	size_t n_needles;
};

#define NONE UINT32_MAX

void rd_automaton_free(struct rd_automaton *automaton)
{
	if (automaton == NULL)
		return;
	free(automaton->next);
	free(automaton->out_at);
	free(automaton->owners);
	free(automaton);
}

static void automaton_cleanup(struct rd_automaton **automaton)
{
	rd_automaton_free(*automaton);
}

static void builder_cleanup(struct builder *b)
{
	free(b->fail);
	free(b->queue);
	free(b->own_head);
	free(b->next_same);
}

static void *array_or_die(size_t n, size_t each)
{
	void *memory = calloc(n > 0 ? n : 1, each);

	RD_ASSERT(memory != NULL);
	return memory;
}

static void give_classes(struct rd_automaton *a, const struct rd_needle *needles, size_t n)
{
	a->n_classes = 1;
	for (size_t i = 0; i < n; i++)
		for (const char *p = needles[i].text; *p != '\0'; p++)
			if (a->class_of[(unsigned char)*p] == 0 && a->n_classes < 256)
				a->class_of[(unsigned char)*p] = (uint8_t)a->n_classes++;
}

static void plant(struct builder *b, const struct rd_needle *needles)
{
	struct rd_automaton *a = b->a;

	a->n_states = 1;
	for (size_t i = 0; i < b->n_needles; i++) {
		uint32_t state = 0;
		for (const char *p = needles[i].text; *p != '\0'; p++) {
			uint32_t *to = &a->next[(size_t)state * a->n_classes +
						a->class_of[(unsigned char)*p]];
			if (*to == 0)
				*to = a->n_states++;
			state = *to;
		}
		b->next_same[i] = b->own_head[state];
		b->own_head[state] = (uint32_t)i;
	}
}

/* Breadth first: a state's failure is known before its children's, and its row is filled up. */
static void link_failures(struct builder *b)
{
	struct rd_automaton *a = b->a;
	size_t head = 0, tail = 0;

	b->queue[tail++] = 0;
	while (head < tail) {
		uint32_t state = b->queue[head++];
		uint32_t *row = &a->next[(size_t)state * a->n_classes];
		const uint32_t *back = &a->next[(size_t)b->fail[state] * a->n_classes];
		for (uint32_t c = 0; c < a->n_classes; c++) {
			uint32_t child = row[c];
			if (child != 0) {
				b->fail[child] = state == 0 ? 0 : back[c];
				b->queue[tail++] = child;
			} else if (state != 0) {
				row[c] = back[c];
			}
		}
	}
}

static uint32_t count_own(const struct builder *b, uint32_t state)
{
	uint32_t n = 0;

	for (uint32_t i = b->own_head[state]; i != NONE; i = b->next_same[i])
		n++;
	return n;
}

/* Each state gets its own owners and those of all its suffixes, in one list. */
static enum rd_rc gather_owners(
	struct builder *b, const struct rd_needle *needles, struct rd_err *err)
{
	struct rd_automaton *a = b->a;
	uint64_t total = 0;

	a->out_at = array_or_die((size_t)a->n_states + 1, sizeof *a->out_at);
	for (uint32_t i = 0; i < a->n_states; i++) {
		uint32_t state = b->queue[i];
		a->out_at[state] =
			count_own(b, state) + (state != 0 ? a->out_at[b->fail[state]] : 0);
		total += a->out_at[state];
	}
	if (total > 50000000u)
		return rd_fail(
			err, RD_E_RANGE, "the rules have too many words that contain each other");
	a->owners = array_or_die((size_t)total, sizeof *a->owners);
	uint32_t *begin = array_or_die((size_t)a->n_states + 1, sizeof *begin);
	uint32_t at = 0;
	for (uint32_t state = 0; state < a->n_states; state++) {
		begin[state] = at;
		at += a->out_at[state];
	}
	begin[a->n_states] = at;
	for (uint32_t i = 0; i < a->n_states; i++) {
		uint32_t state = b->queue[i];
		uint32_t to = begin[state];
		for (uint32_t k = b->own_head[state]; k != NONE; k = b->next_same[k])
			a->owners[to++] = needles[k].owner;
		uint32_t back = b->fail[state];
		for (uint32_t k = begin[back]; state != 0 && k < begin[back + 1]; k++)
			a->owners[to++] = a->owners[k];
	}
	free(a->out_at);
	a->out_at = begin;
	return RD_OK;
}

static void finish_rows(struct rd_automaton *a)
{
	for (size_t i = 0; i < (size_t)a->n_states * a->n_classes; i++) {
		uint32_t state = a->next[i];
		bool owned = a->out_at[state] < a->out_at[state + 1];
		a->next[i] = 2 * state * a->n_classes + owned;
	}
}

enum rd_rc rd_automaton_build(const struct rd_needle *needles, size_t n_needles,
	struct rd_automaton **ret_automaton, struct rd_err *err)
{
	RD_CLEANUP(automaton_cleanup) struct rd_automaton *a = array_or_die(1, sizeof *a);
	RD_CLEANUP(builder_cleanup) struct builder b = { .a = a, .n_needles = n_needles };
	size_t states = 1;

	for (size_t i = 0; i < n_needles; i++)
		states += strlen(needles[i].text);
	if (states > RD_AUTOMATON_STATES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "the rules have too many words to look for at once");
	give_classes(a, needles, n_needles);
	a->next = array_or_die(states * a->n_classes, sizeof *a->next);
	b.fail = array_or_die(states, sizeof *b.fail);
	b.queue = array_or_die(states, sizeof *b.queue);
	b.own_head = array_or_die(states, sizeof *b.own_head);
	memset(b.own_head, 0xff, states * sizeof *b.own_head);
	b.next_same = array_or_die(n_needles, sizeof *b.next_same);
	plant(&b, needles);
	link_failures(&b);
	RD_TRY(gather_owners(&b, needles, err));
	finish_rows(a);
	*ret_automaton = RD_STEAL(a);
	return RD_OK;
}

void rd_automaton_run(const struct rd_automaton *automaton, const char *text, size_t len,
	void (*found)(void *context, uint32_t owner, uint32_t at), void *context)
{
	const uint32_t *next = automaton->next, *out_at = automaton->out_at;
	uint32_t at = 0;

	for (size_t i = 0; i < len; i++) {
		at = next[(at >> 1) + automaton->class_of[(unsigned char)text[i]]];
		if ((at & 1) == 0)
			continue;
		uint32_t state = (at >> 1) / automaton->n_classes;
		for (uint32_t k = out_at[state]; k < out_at[state + 1]; k++)
			found(context, automaton->owners[k], (uint32_t)i);
	}
}
