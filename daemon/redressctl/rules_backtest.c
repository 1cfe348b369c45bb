/* redressctl rules backtest: stored messages, or those of a file, under other rules. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backtest_print.h"
#include "command.h"
#include "jsonl.h"
#include "rules_set.h"
#include "redress/rules/layers.h"
#include "redress/base/buf.h"
#include "redress/base/stanza.h"
#include "redress/gateway/backtest.h"
#include "redress/message/reference.h"

#define CHILDREN 2 /* of each reader */

struct request {
	struct rd_ctl *ctl;
	const char *jsonl, *landlord, *against, *dir;
	int n_days; /* 0: not given */
	struct rd_date from, to;
};

/* What is tried, and with what. */
struct trial {
	const struct request *request;
	struct rd_ctl_desk desk;
	struct rd_db *db; /* NULL: no store is needed */
	struct rd_spawner *spawner;
	struct rd_arena *sets;
	struct rd_ctl_set was, is;
	struct rd_backtest_print print;
	bool printing;
};

static void end_trial(struct trial *t)
{
	if (t->printing)
		rd_backtest_print_free(&t->print);
	rd_spawner_stop(t->spawner);
	rd_db_close(t->db);
	rd_ctl_close(&t->desk);
	rd_arena_free(t->sets);
}

/* ---- what is asked ---- */

static bool take_day(const char *word, struct rd_date *ret_day)
{
	struct rd_err err = { 0 };

	if (rd_date_parse(word, ret_day, &err) == RD_OK)
		return true;
	rd_ctl_complain("%s", err.msg);
	return false;
}

static bool is_possible(const struct request *r)
{
	const bool days = rd_date_is_set(r->from) || rd_date_is_set(r->to);

	if (r->jsonl != NULL && (days || r->n_days > 0))
		rd_ctl_complain("--days, --from and --to choose among stored messages; a file is "
				"tried whole");
	else if (days && r->n_days > 0)
		rd_ctl_complain("say --days or --from and --to, not both");
	else if (rd_date_is_set(r->from) && rd_date_is_set(r->to) &&
		 rd_date_compare(r->from, r->to) > 0)
		rd_ctl_complain("--from is a day after --to");
	else
		return true;
	return false;
}

static bool read_request(struct request *r, int argc, char **argv)
{
	static const struct option options[] = { { "days", required_argument, NULL, 'd' },
		{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },
		{ "jsonl", required_argument, NULL, 'j' },
		{ "landlord", required_argument, NULL, 'l' },
		{ "against", required_argument, NULL, 'a' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if ((option == 'd' &&
			    !rd_ctl_number_of_days(optarg, RD_BACKTEST_DAYS_MAX, &r->n_days)) ||
			(option == 'f' && !take_day(optarg, &r->from)) ||
			(option == 't' && !take_day(optarg, &r->to)))
			return false;
		if (option == 'j')
			r->jsonl = optarg;
		else if (option == 'l')
			r->landlord = optarg;
		else if (option == 'a')
			r->against = optarg;
		else if (strchr("dft", option) == NULL && !rd_ctl_option(r->ctl, option)) {
			rd_ctl_usage(r->ctl);
			return false;
		}
	}
	if (!rd_ctl_at_most(r->ctl, argc, argv, 1, "set"))
		return false;
	r->dir = optind < argc ? argv[optind] : NULL;
	return is_possible(r);
}

/* ---- what it takes ---- */

static bool needs_store(const struct request *r)
{
	return r->jsonl == NULL || rd_ctl_set_is_stored(r->against) ||
	       (r->dir != NULL && rd_ctl_set_is_stored(r->dir));
}

/* The spawner first: it must hold nothing of the store. */
static enum rd_rc open_trial(struct trial *t, struct rd_err *err)
{
	const struct request *r = t->request;
	const char *dir = r->dir != NULL ? r->dir : r->ctl->rules;

	RD_TRY(rd_spawner_start(&t->spawner, err));
	if (needs_store(r)) {
		if (rd_ctl_open_store(r->ctl, false, &t->desk, err) != RD_OK)
			return r->jsonl == NULL || !rd_ctl_set_is_stored(r->against)
				       ? err->code
				       : rd_fail_within(err,
						 "a file is tried against the live rules of a "
						 "store, unless --against names a folder");
		RD_TRY(rd_db_open(t->desk.store, &t->db, err));
		if (dir == NULL)
			dir = t->desk.config->rules;
	}
	t->sets = rd_arena_new(2 * RD_CTL_SET_ARENA_BYTES);
	RD_TRY(rd_ctl_set_read(
		t->db, dir != NULL ? dir : rd_ctl_rules_dir(r->ctl), t->sets, &t->is, err));
	return rd_ctl_set_read(t->db, r->against, t->sets, &t->was, err);
}

static void begin_printing(struct trial *t)
{
	rd_backtest_print_begin(&t->print, t->request->ctl->json);
	t->printing = true;
}

/* What the reader said of a candidate names a file: its folder goes before that. */
static enum rd_rc in_its_folder(const struct trial *t, struct rd_err *err)
{
	return t->is.dir != NULL ? rd_rulefiles_fail_in(&t->is.files, t->is.dir, err) : err->code;
}

static struct rd_backtest_sums sums_of(const struct trial *t, const struct rd_backtest *found)
{
	return (struct rd_backtest_sums){
		.found = found,
		.was = t->was.words,
		.is = t->is.words,
		.sha256_was = t->was.files.sha256,
		.sha256_is = t->is.files.sha256,
		.blind = "",
		.n_days = rd_backtest_days(found),
	};
}

static enum rd_exit exit_of(const struct rd_backtest *found)
{
	return found->n_lost > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

/* ---- stored messages ---- */

static enum rd_rc show_stored(void *context, const struct rd_rehearsed *message, struct rd_err *err)
{
	struct trial *t = context;
	const struct rd_replay_row *row = message->tag;
	char reference[RD_REFERENCE_MAX] = "";
	struct rd_backtest_name name = {
		.id = json_integer(row->message_id), .reference = reference, .channel = row->channel
	};

	if (row->case_id != 0)
		rd_reference_format(
			row->case_id, rd_store_key(t->desk.store, RD_KEY_REFERENCE), reference);
	const enum rd_rc rc = rd_backtest_print_flip(&t->print, &name, message, err);
	json_decref(name.id);
	return rc;
}

static bool show_bar(void *context, int64_t n_done, int64_t n_all)
{
	struct trial *t = context;

	rd_backtest_print_bar(&t->print, n_all > 0 ? (double)n_done / (double)n_all : 1, n_done);
	return true;
}

static struct rd_replay_range range_of(const struct request *r, int64_t now_ms)
{
	struct rd_replay_range range =
		rd_backtest_last_days(now_ms, r->n_days > 0 ? r->n_days : RD_BACKTEST_DAYS);

	if (rd_date_is_set(r->to)) {
		range.to_ms = rd_date_start_ms(rd_date_add(r->to, 1));
		range.from_ms = rd_date_start_ms(rd_date_add(r->to, 1 - RD_BACKTEST_DAYS));
	}
	if (rd_date_is_set(r->from))
		range.from_ms = rd_date_start_ms(r->from);
	range.landlord = r->landlord;
	return range;
}

/* From the first message to the end of what was asked for, be it that nothing came at the end. */
static int days_looked_at(
	const struct rd_backtest *found, const struct rd_replay_range *range, int64_t now_ms)
{
	struct rd_date end = rd_date_of(now_ms);

	if (range->to_ms != 0 && range->to_ms <= now_ms)
		end = rd_date_of(range->to_ms - 1);
	if (!rd_date_is_set(found->first) || rd_date_compare(end, found->first) < 0)
		return rd_backtest_days(found);
	return rd_date_days_between(found->first, end) + 1;
}

static enum rd_rc say_where_messages_are(const struct trial *t, const struct rd_replay_range *range,
	int64_t now_ms, struct rd_backtest_sums *sums, struct rd_err *err)
{
	int64_t received_ms = 0;

	RD_TRY(rd_replay_oldest(t->db, range->landlord, &received_ms, err));
	sums->from = rd_date_of(range->from_ms);
	sums->to = rd_date_of(range->to_ms != 0 ? range->to_ms - 1 : now_ms);
	if (received_ms != 0)
		sums->received = rd_date_of(received_ms);
	return RD_OK;
}

static bool knows_landlord(const char *landlord, const char *const *landlords, size_t n)
{
	const char *known[RD_LIVE_LANDLORDS_MAX + 1];
	RD_CLEANUP(rd_buf_free)
	struct rd_buf all = RD_BUF(RD_LIVE_LANDLORDS_MAX * RD_LAYER_NAME_MAX);
	struct rd_err err = { 0 };

	for (size_t i = 0; i < n; i++) {
		known[i] = landlords[i];
		if (landlord == NULL || strcmp(landlord, landlords[i]) == 0)
			return true;
	}
	known[n] = NULL;
	const char *near = rd_did_you_mean(landlord, known);
	for (size_t i = 0; i < n; i++)
		if (rd_buf_printf(&all, &err, "%s%s", i > 0 ? ", " : "", known[i]) != RD_OK)
			break;
	rd_ctl_complain("no mailbox of this gateway belongs to `%s`; it serves: %s%s%s%s", landlord,
		rd_buf_str(&all), near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
	return false;
}

static enum rd_exit try_stored(struct trial *t)
{
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const size_t n = rd_config_landlords(t->desk.config, landlords);
	const int64_t now_ms = rd_now_ms(&rd_system_clock);
	const struct rd_backtest_order order = {
		.db = t->db,
		.spawner = t->spawner,
		.was = &t->was.files,
		.is = &t->is.files,
		.landlords = landlords,
		.n_landlords = n,
		.range = range_of(t->request, now_ms),
		.n_children = CHILDREN,
		.each = show_stored,
		.go_on = show_bar,
		.context = t,
	};
	struct rd_backtest_outcome outcome;
	struct rd_err err = { 0 };

	if (!knows_landlord(t->request->landlord, landlords, n))
		return RD_EXIT_USAGE;
	/* Before anything is printed: can the candidate be tried at all? */
	for (size_t i = 0; i < n; i++) {
		RD_CLEANUP(rd_ruleset_cleanup) struct rd_ruleset *rules = NULL;
		if (rd_ruleset_compile(&t->is.files, landlords[i], now_ms, &rules, &err) != RD_OK) {
			in_its_folder(t, &err);
			return rd_ctl_fail(&err);
		}
	}
	begin_printing(t);
	if (rd_backtest_run(&order, &outcome, &err) != RD_OK)
		return rd_ctl_fail(&err);
	struct rd_backtest_sums sums = sums_of(t, &outcome.sums);
	sums.counts = &outcome.counts;
	sums.n_elsewhere = outcome.n_elsewhere;
	sums.blind = outcome.blind;
	sums.n_days = days_looked_at(&outcome.sums, &order.range, now_ms);
	if (outcome.sums.n == 0 &&
		say_where_messages_are(t, &order.range, now_ms, &sums, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rd_backtest_print_sums(&t->print, &sums);
	return exit_of(&outcome.sums);
}

/* ---- lines of a file ---- */

struct lines {
	struct trial *trial;
	struct rd_rehearsal *rehearsal;
	struct rd_arena *arena;
	const char *landlord;
	FILE *in;
	off_t size; /* 0: not known */
	int64_t now_ms;
	long n_line;
	struct rd_rehearsed items[RD_REHEARSAL_MAX];
	json_t *ids[RD_REHEARSAL_MAX];
	size_t n_items, n_bytes;
	int64_t n_done;
	struct rd_jsonl_strays strays;
	struct rd_backtest found;
};

static enum rd_rc show_line(void *context, const struct rd_rehearsed *message, struct rd_err *err)
{
	struct lines *l = context;
	const struct rd_backtest_name name = {
		.id = *(json_t *const *)message->tag,
		.reference = "",
		.channel = message->message.channel,
	};

	return rd_backtest_print_flip(&l->trial->print, &name, message, err);
}

static void forget_items(struct lines *l)
{
	for (size_t i = 0; i < l->n_items; i++)
		json_decref(l->ids[i]);
	l->n_items = l->n_bytes = 0;
	rd_arena_reset(l->arena);
}

static enum rd_rc run_lines(struct lines *l, struct rd_err *err)
{
	if (l->n_items == 0)
		return RD_OK;
	l->n_done += (int64_t)l->n_items;
	const enum rd_rc rc = rd_rehearsal_run(
		l->rehearsal, l->items, l->n_items, l->arena, &l->found, show_line, l, err);
	forget_items(l);
	rd_backtest_print_bar(&l->trial->print,
		l->size > 0 ? (double)ftello(l->in) / (double)l->size : -1, l->n_done);
	return rc;
}

static enum rd_rc add_line(struct lines *l, const char *text, size_t len, struct rd_err *err)
{
	RD_CLEANUP(rd_jsonl_free) struct rd_jsonl line = { 0 };
	struct rd_rehearsed *item = &l->items[l->n_items];
	int confirmed;

	RD_TRY(rd_jsonl_parse(text, len, &l->strays, &line, err));
	RD_TRY(rd_jsonl_label(&line, false, &confirmed, err));
	*item = (struct rd_rehearsed){
		.landlord = l->landlord,
		.received_ms = line.received_ms != 0 ? line.received_ms : l->now_ms,
		.tag = &l->ids[l->n_items],
		.result = { .confirmed = confirmed },
	};
	if (line.received_ms != 0)
		item->result.day = rd_date_of(line.received_ms);
	RD_TRY(rd_plain_message(&line.plain, l->arena, &item->message, err));
	l->ids[l->n_items++] = json_incref(line.id);
	l->n_bytes += item->message.body_len;
	return RD_OK;
}

static enum rd_rc read_lines(struct lines *l, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_JSONL_LINE_BYTES_MAX);
	bool too_long = false;

	while (rd_jsonl_read(l->in, &text, &too_long)) {
		l->n_line++;
		if (too_long)
			return rd_fail(err, RD_E_INPUT, "%s:%ld: %s", l->trial->request->jsonl,
				l->n_line, RD_JSONL_TOO_LONG);
		if (rd_jsonl_is_blank(&text))
			continue;
		if (add_line(l, rd_buf_str(&text), text.len, err) != RD_OK)
			return rd_fail_within(err, "%s:%ld", l->trial->request->jsonl, l->n_line);
		if (l->n_items == RD_REHEARSAL_MAX || l->n_bytes >= RD_REHEARSAL_TEXT_BYTES)
			RD_TRY(run_lines(l, err));
	}
	return run_lines(l, err);
}

static void end_lines(struct lines *l)
{
	if (l->arena != NULL)
		forget_items(l);
	rd_arena_free(l->arena);
	rd_rehearsal_close(l->rehearsal);
	if (l->in != NULL && l->in != stdin)
		fclose(l->in);
}

static enum rd_rc open_lines(struct lines *l, struct rd_err *err)
{
	struct trial *t = l->trial;
	const char *name = t->request->jsonl;
	const struct rd_rehearsal_order order = {
		.spawner = t->spawner,
		.was = &t->was.files,
		.is = &t->is.files,
		.landlords = &l->landlord,
		.n_landlords = 1,
		.n_children = CHILDREN,
	};
	struct stat about;

	l->in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	if (l->in == NULL || fstat(fileno(l->in), &about) != 0)
		return rd_fail(err, RD_E_INPUT, "%s: %s", name, strerror(errno));
	if (S_ISDIR(about.st_mode))
		return rd_fail(err, RD_E_INPUT, "%s: this is a folder; name a file of lines", name);
	l->size = S_ISREG(about.st_mode) ? about.st_size : 0;
	l->arena = rd_arena_new(RD_REHEARSAL_ARENA_BYTES);
	RD_TRY(rd_rulefiles_check_landlord(&t->was.files, l->landlord, err));
	if (rd_rulefiles_check_landlord(&t->is.files, l->landlord, err) != RD_OK ||
		rd_rehearsal_open(&order, &l->rehearsal, err) != RD_OK)
		return in_its_folder(t, err);
	const char *blind = rd_rehearsal_blind(l->rehearsal);
	if (blind[0] != '\0')
		return rd_fail(err, RD_E_INPUT, "%s cannot be tried: %s", t->was.words, blind);
	return RD_OK;
}

static enum rd_exit try_lines(struct trial *t)
{
	RD_CLEANUP(end_lines)
	struct lines l = {
		.trial = t, .landlord = t->request->landlord, .now_ms = rd_now_ms(&rd_system_clock)
	};
	struct rd_err err = { 0 };

	if (l.landlord == NULL && t->desk.config != NULL)
		l.landlord = t->desk.config->landlord;
	if (l.landlord == NULL)
		return rd_ctl_complain("--landlord NAME is missing: whose rules and thresholds?");
	if (open_lines(&l, &err) != RD_OK)
		return rd_ctl_fail(&err);
	begin_printing(t);
	if (read_lines(&l, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ferror(l.in))
		return rd_ctl_complain("%s: %s", t->request->jsonl, strerror(errno));
	const struct rd_backtest_sums sums = sums_of(t, &l.found);
	rd_backtest_print_wipe(&t->print);
	rd_jsonl_tell_strays(&l.strays);
	rd_backtest_print_sums(&t->print, &sums);
	return exit_of(&l.found);
}

enum rd_exit rd_ctl_rules_backtest(struct rd_ctl *ctl, int argc, char **argv)
{
	struct request request = { .ctl = ctl, .against = "live" };
	RD_CLEANUP(end_trial) struct trial trial = { .request = &request };
	struct rd_err err = { 0 };

	if (!read_request(&request, argc, argv))
		return RD_EXIT_USAGE;
	if (open_trial(&trial, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return request.jsonl != NULL ? try_lines(&trial) : try_stored(&trial);
}
