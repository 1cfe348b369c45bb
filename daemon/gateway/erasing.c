#include "redress/gateway/erasing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/gateway/act.h"
#include "redress/gateway/casework.h"
#include "redress/store/casebook.h"
#include "redress/store/tasks.h"

#define RETENTION_ARENA_BYTES (4u << 20)
#define META_RETENTION_DAY    "retention_day" /* the London day whose round is done: 20261128 */
#define CLOCK_LEAP_DAYS	      7		      /* since that day: is the machine's clock right? */
#define TASK_CLOCK	      "clock"

static const char *reference_of(struct rd_db *db, int64_t id, char out[static RD_REFERENCE_MAX])
{
	rd_reference_format(id, rd_store_key(rd_db_store(db), RD_KEY_REFERENCE), out);
	return out;
}

/* --- what stands in the way --- */

static enum rd_rc obstacle_of(struct rd_db *db, const struct rd_person_case *c,
	struct rd_arena *arena, const char **ret_words, struct rd_err *err)
{
	char reference[RD_REFERENCE_MAX];
	struct rd_legal_hold hold;

	reference_of(db, c->id, reference);
	*ret_words = NULL;
	if (c->erased)
		return RD_OK;
	if (c->held) {
		RD_TRY(rd_legal_hold_get(db, c->id, arena, &hold, err));
		*ret_words = rd_arena_printf(arena, "%s is kept for legal reasons (%s, by %s)",
			reference, hold.why, hold.by);
	} else if (!c->closed) {
		*ret_words = rd_arena_printf(
			arena, "%s is not closed; finish it first (case close)", reference);
	} else if (c->unsettled) {
		*ret_words = rd_arena_printf(arena,
			"%s has a letter that is not settled (outbox list --case %s)", reference,
			reference);
	} else if (c->ordered) {
		*ret_words = rd_arena_printf(arena,
			"%s has an order of the Ombudsman that is still to be done (tasks)",
			reference);
	}
	return RD_OK;
}

enum rd_rc rd_erasing_look(struct rd_db *db, const struct rd_office *office, const char *contact,
	struct rd_arena *arena, struct rd_erasing *ret_erasing, struct rd_err *err)
{
	struct rd_erasing e = { 0 };

	(void)office;
	RD_TRY(rd_person_cases(db, contact, arena, &e.cases, &e.n_cases, err));
	RD_TRY(rd_person_messages(
		db, contact, arena, &e.messages, &e.n_messages, &e.n_waiting, err));
	RD_TRY(rd_residents_find(db, NULL, contact, arena, &e.residents, &e.n_residents, err));
	e.obstacles = rd_arena_array(arena, e.n_cases + e.n_residents + 1, sizeof *e.obstacles);
	if (e.obstacles == NULL)
		return rd_fail(err, RD_E_RANGE, "there are too many cases");
	for (size_t i = 0; i < e.n_cases; i++) {
		const char *words = NULL;

		RD_TRY(obstacle_of(db, &e.cases[i], arena, &words, err));
		if (words != NULL)
			e.obstacles[e.n_obstacles++] = words;
	}
	for (size_t i = 0; i < e.n_residents; i++) {
		bool held = false;

		RD_TRY(rd_resident_is_held(db, e.residents[i].id, &held, err));
		if (held && e.n_obstacles == 0)
			e.obstacles[e.n_obstacles++] =
				"they are on a case that is kept for legal reasons by another "
				"address or number (contacts show)";
	}
	if (e.n_waiting > 0)
		e.obstacles[e.n_obstacles++] = rd_arena_printf(arena,
			"%" PRId64 " message%s from them %s not decided yet; try again in a minute",
			e.n_waiting, e.n_waiting == 1 ? "" : "s", e.n_waiting == 1 ? "is" : "are");
	*ret_erasing = e;
	return RD_OK;
}

/* --- doing it --- */

static enum rd_rc record(struct rd_erasure *erasure, const struct rd_office *office,
	int64_t case_id, int64_t message_id, enum rd_erased_how how, struct rd_err *err)
{
	char detail[160];

	snprintf(detail, sizeof detail,
		"{\"how\":\"%s\",\"messages\":%" PRId64 ",\"letters\":%" PRId64
		",\"pictures\":%" PRId64 "}",
		rd_erased_how_names[how], erasure->n_messages, erasure->n_letters,
		erasure->n_pictures);
	return rd_casework_audit(
		erasure->tx, office, "erased", case_id, message_id, 0, detail, err);
}

static void add_up(struct rd_erasing *e, const struct rd_erasure *erasure)
{
	e->n_emptied_messages += erasure->n_messages;
	e->n_emptied_letters += erasure->n_letters;
	e->n_emptied_pictures += erasure->n_pictures;
}

/* contact NULL: the whole case; else only what is theirs on it. */
static enum rd_rc erase_case(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *contact, enum rd_erased_how how, struct rd_erasing *e, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_CLEANUP(rd_erasure_end)
	struct rd_erasure erasure = RD_ERASURE(tx, rd_office_now(office));
	if (contact != NULL)
		RD_TRY(rd_erase_from_case(&erasure, case_id, contact, err));
	else
		RD_TRY(rd_erase_case(&erasure, case_id, how, err));
	RD_TRY(record(&erasure, office, case_id, 0, how, err));
	RD_TRY(rd_erasure_keep(&erasure, err));
	RD_TRY(rd_tx_commit(&tx, err));
	e->n_emptied_cases += contact == NULL;
	add_up(e, &erasure);
	return RD_OK;
}

static enum rd_rc erase_messages(struct rd_db *db, const struct rd_office *office,
	const int64_t *messages, size_t n, enum rd_erased_how how, struct rd_erasing *e,
	struct rd_err *err)
{
	for (size_t i = 0; i < n; i++) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

		RD_TRY(rd_tx_begin(db, &tx, err));
		RD_CLEANUP(rd_erasure_end)
		struct rd_erasure erasure = RD_ERASURE(tx, rd_office_now(office));
		RD_TRY(rd_erase_message(&erasure, messages[i], how, err));
		RD_TRY(record(&erasure, office, 0, messages[i], how, err));
		RD_TRY(rd_erasure_keep(&erasure, err));
		RD_TRY(rd_tx_commit(&tx, err));
		add_up(e, &erasure);
	}
	return RD_OK;
}

/* Last, so that whoever is stopped half-way finds them again. */
static enum rd_rc erase_resident(struct rd_db *db, const struct rd_office *office,
	const char *contact, struct rd_erasing *e, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_CLEANUP(rd_erasure_end)
	struct rd_erasure erasure = RD_ERASURE(tx, rd_office_now(office));
	RD_TRY(rd_erase_resident(&erasure, contact, &e->n_emptied_residents, err));
	RD_TRY(record(&erasure, office, 0, 0, RD_ERASED_ASKED, err));
	RD_TRY(rd_erasure_keep(&erasure, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_erasing_run(struct rd_db *db, const struct rd_office *office, const char *contact,
	struct rd_erasing *e, struct rd_err *err)
{
	if (e->n_obstacles > 0)
		return rd_fail(err, RD_E_REFUSED, "nothing was erased: %s", e->obstacles[0]);
	for (size_t i = 0; i < e->n_cases; i++)
		if (!e->cases[i].erased)
			RD_TRY(erase_case(db, office, e->cases[i].id,
				e->cases[i].main ? NULL : contact, RD_ERASED_ASKED, e, err));
	RD_TRY(erase_messages(db, office, e->messages, e->n_messages, RD_ERASED_ASKED, e, err));
	if (e->n_residents > 0)
		RD_TRY(erase_resident(db, office, contact, e, err));
	return rd_db_checkpoint(db, err);
}

/* --- legal hold --- */

enum rd_rc rd_act_legal_hold(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_legal_hold_set(
		act.tx, case_id, office->actor.name, why, rd_office_now(office), err));
	return rd_act_record_and_commit(&act, "legal_hold", 0, NULL, err);
}

enum rd_rc rd_act_end_legal_hold(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_legal_hold_end(act.tx, case_id, err));
	RD_TRY(rd_case_add_note(act.tx, case_id, office->actor.name,
		rd_arena_printf(act.arena, "No longer kept for legal reasons: %s", why), act.now_ms,
		err));
	return rd_act_record_and_commit(&act, "legal_hold_ended", 0, NULL, err);
}

/* --- retention --- */

/* What is older goes. */
static int64_t months_ago_ms(struct rd_date today, int months)
{
	return rd_date_start_ms(rd_date_months_before(today, months));
}

static enum rd_rc erase_old(struct rd_db *db, const struct rd_office *office, struct rd_date today,
	struct rd_arena *arena, struct rd_erasing *e, size_t *n, struct rd_err *err)
{
	const struct rd_keep *keep = &office->config->keep;
	int64_t *ids;
	size_t found;

	for (int kind = 0; kind < RD_N_KINDS && *n < RD_ERASING_CASES_MAX; kind++) {
		if (keep->months[kind] == 0)
			continue;
		RD_TRY(rd_retention_cases(db, (enum rd_kind)kind,
			months_ago_ms(today, keep->months[kind]), RD_ERASING_CASES_MAX - *n, arena,
			&ids, &found, err));
		for (size_t i = 0; i < found; i++)
			RD_TRY(erase_case(db, office, ids[i], NULL, RD_ERASED_OLD, e, err));
		*n += found;
	}
	if (*n > 0 || keep->no_case_months == 0)
		return RD_OK;
	RD_TRY(rd_retention_messages(db, months_ago_ms(today, keep->no_case_months),
		RD_ERASING_MESSAGES_MAX, arena, &ids, &found, err));
	RD_TRY(erase_messages(db, office, ids, found, RD_ERASED_OLD, e, err));
	*n += found;
	return RD_OK;
}

/* Whom no contacts file has named for so long. */
static enum rd_rc forget_residents(struct rd_db *db, const struct rd_office *office,
	struct rd_date today, size_t *n, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int months = office->config->keep.contacts_months;
	int64_t dropped = 0;

	if (months == 0)
		return RD_OK;
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_residents_drop(
		tx, NULL, months_ago_ms(today, months), RD_ERASING_RESIDENTS_MAX, &dropped, err));
	if (dropped > 0) {
		char detail[48];

		snprintf(detail, sizeof detail, "{\"residents\":%" PRId64 "}", dropped);
		RD_TRY(rd_casework_audit(tx, office, "contacts_forgotten", 0, 0, 0, detail, err));
	}
	*n += (size_t)dropped;
	return rd_tx_commit(&tx, err);
}

static int64_t number_of_day(struct rd_date day)
{
	return day.year * 10000 + day.month * 100 + day.day;
}

static struct rd_date day_of_number(int64_t number)
{
	return (struct rd_date){ .year = (int)(number / 10000),
		.month = (int)(number / 100 % 100),
		.day = (int)(number % 100) };
}

/* Asks once for each day that the last round was done on. */
static enum rd_rc ask_for_the_day(struct rd_db *db, const struct rd_office *office,
	struct rd_date last, const char *cause, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char was[RD_DATE_MAX], is[RD_DATE_MAX], text[400];
	struct rd_task task = { .kind = TASK_CLOCK, .cause = cause, .text = text, .landlord = "" };

	task.due = rd_date_of(rd_office_now(office));
	snprintf(text, sizeof text,
		"The last old case was looked for on %s, and this machine says that it is %s. "
		"Nothing that was kept long enough is erased until a person confirms the date: if "
		"it is right, mark this task as done; if not, set the clock right first.",
		rd_date_format(last, was), rd_date_format(task.due, is));
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_task_put(tx, &task, rd_office_now(office), NULL, NULL, err));
	return rd_tx_commit(&tx, err);
}

/* A clock that has leapt ahead would erase all that is kept, for good: then a person says what day
 * it is, by doing the task. last: number of the day, 0 none yet: nothing old is in the store. */
static enum rd_rc day_is_sure(struct rd_db *db, const struct rd_office *office, int64_t last,
	const char *cause, bool *ret_sure, struct rd_err *err)
{
	const struct rd_date today = rd_date_of(rd_office_now(office));
	bool ever = false, open = false;

	*ret_sure =
		last == 0 || rd_date_days_between(day_of_number(last), today) <= CLOCK_LEAP_DAYS;
	if (*ret_sure)
		return RD_OK;
	RD_TRY(rd_task_ever(db, TASK_CLOCK, cause, &ever, err));
	if (!ever)
		return ask_for_the_day(db, office, day_of_number(last), cause, err);
	RD_TRY(rd_task_is_open(db, TASK_CLOCK, cause, &open, err));
	*ret_sure = !open;
	return RD_OK;
}

enum rd_rc rd_erasing_retention(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RETENTION_ARENA_BYTES);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const struct rd_date today = rd_date_of(rd_office_now(office));
	const int64_t day = number_of_day(today);
	struct rd_erasing e = { 0 };
	char cause[32];
	bool sure = false;
	int64_t done = 0;
	size_t n = 0;

	*ret_n = 0;
	RD_TRY(rd_meta_get_int(db, META_RETENTION_DAY, &done, err));
	if (done == day)
		return RD_OK;
	snprintf(cause, sizeof cause, "after %" PRId64, done);
	RD_TRY(day_is_sure(db, office, done, cause, &sure, err));
	if (!sure)
		return RD_OK;
	RD_TRY(erase_old(db, office, today, arena, &e, &n, err));
	RD_TRY(forget_residents(db, office, today, &n, err));
	*ret_n = n;
	if (n > 0)
		return RD_OK; /* perhaps more: the next round looks */
	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_meta_set_int(tx, META_RETENTION_DAY, day, err));
	RD_TRY(rd_task_settled(tx, TASK_CLOCK, cause, "redressd", "the clock was set right",
		rd_office_now(office), err));
	return rd_tx_commit(&tx, err);
}
