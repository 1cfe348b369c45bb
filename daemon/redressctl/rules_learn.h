/* rules_learn: what `rules tune` and `rules stats` begin with: a rule set, and messages with what
 * people said of them, each kept as the rules that hit it (rules/weigh.h).
 *
 * Messages are those of the store, or lines of a file. Their words are matched in sealed children
 * alone (gateway/rehearsal.h), and what is kept of them is numbers.
 */
#ifndef REDRESS_REDRESSCTL_RULES_LEARN_H
#define REDRESS_REDRESSCTL_RULES_LEARN_H

#include "rules_set.h"
#include "redress/gateway/rehearsal.h"
#include "redress/rules/layers.h"
#include "redress/rules/weigh.h"
#include "redress/store/labels.h"

/* A sampled message stands for so many that nobody looked at. */
#define RD_CTL_SAMPLE_STANDS_FOR 50.0

struct rd_learn_request {
	struct rd_ctl *ctl;
	const char *file; /* lines of JSON; NULL: the store */
	const char *landlord;
	const char *set;       /* a folder, or a set of the store; NULL: --rules, else: */
	const char *otherwise; /* with a store; NULL: the folder that the configuration names */
	bool labels_only;      /* messages of which people said something */
	int n_days;	       /* of the store, today included; 0: all */
	size_t max;	       /* messages, the newest of the store */
};

struct rd_learn {
	const struct rd_learn_request *request;
	struct rd_ctl_desk desk;
	struct rd_db *db; /* NULL: no store is needed */
	struct rd_spawner *spawner;
	struct rd_arena *sets, *arena;
	struct rd_ctl_set set;
	char landlord[RD_LAYER_NAME_MAX];
	bool layered; /* the landlord has rules of its own */
	struct rd_ruleset *rules;
	struct rd_weighing weighing;
	struct rd_specimen *items;
	size_t n, size;
	size_t n_erased;	       /* judged by the hits that were stored */
	size_t n_unread;	       /* ended a child: left out */
	bool more;		       /* there were more than max */
	size_t n_how[RD_N_LABEL_HOWS]; /* labels of the store, by how they came */
	size_t n_defined;	       /* complaints of the store that staff defined */
	int64_t now_ms;
};

/* Opens what the request needs. Says itself what is wrong; RD_EXIT_DONE: go on. Fit for
 * RD_CLEANUP(rd_learn_close) from the beginning. */
enum rd_exit rd_learn_open(struct rd_learn *learn, const struct rd_learn_request *request);
/* Gathers the messages. */
enum rd_exit rd_learn_gather(struct rd_learn *learn);
void rd_learn_close(struct rd_learn *learn);

/* "the folder rules (2d1d05a9), landlord code-2024", for people. Arena of the sets. */
const char *rd_learn_set_words(const struct rd_learn *learn);

#endif
