#include "redress/policy/life.h"

#include <ctype.h>
#include <string.h>
#include "redress/policy/clocks.h"

/* --- moves --- */

static enum rd_rc refuse_closed(
	const struct rd_standing *standing, enum rd_move move, struct rd_err *err)
{
	const bool closed = standing->status == RD_STATUS_CLOSED;

	if (move == RD_MOVE_REOPEN && !closed)
		return rd_fail(err, RD_E_REFUSED, "case %s is open already", standing->reference);
	if (!closed || move == RD_MOVE_REOPEN || move == RD_MOVE_ESCALATE ||
		move == RD_MOVE_REFER || move == RD_MOVE_LINK)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s is closed; open it again first (`case reopen REF --why TEXT`)",
		standing->reference);
}

static enum rd_rc refuse_undecided(
	const struct rd_standing *standing, enum rd_move move, struct rd_err *err)
{
	if (standing->status != RD_STATUS_REVIEW || move == RD_MOVE_WITHDRAW ||
		move == RD_MOVE_LINK || move == RD_MOVE_RECORD)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s waits for a person to decide what it is; decide that first (`review "
		"list`, `review decide`)",
		standing->reference);
}

/* An owner, an end and a new beginning, relations, promises: any case can have them. */
static bool is_for_any_kind(enum rd_move move)
{
	return move == RD_MOVE_ASSIGN || move == RD_MOVE_CONTACTED || move == RD_MOVE_WITHDRAW ||
	       move == RD_MOVE_REOPEN || move == RD_MOVE_LINK || move == RD_MOVE_MERGE ||
	       move == RD_MOVE_SPLIT || move == RD_MOVE_RECORD;
}

static enum rd_rc refuse_other_kinds(
	const struct rd_standing *standing, enum rd_move move, struct rd_err *err)
{
	if (is_for_any_kind(move) ||
		(standing->kind == RD_COMPLAINT && standing->stage != RD_STAGE_NONE))
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s is no complaint (%s); where it ought to be one, `case reclassify REF "
		"--kind complaint --why TEXT` first",
		standing->reference, rd_kind_names[standing->kind]);
}

/* What answering and needing longer have in common. */
static enum rd_rc may_answer(
	const struct rd_standing *standing, enum rd_move move, struct rd_err *err)
{
	/* Not before it reached the resident: it may go another way, or another may. */
	if (standing->answer_waits && move == RD_MOVE_RESPOND)
		return RD_OK;
	if (standing->status == RD_STATUS_ANSWERED && standing->stage == RD_STAGE_1)
		return rd_fail(err, RD_E_REFUSED,
			"stage 1 of case %s is answered already; who is unhappy with the answer "
			"asks for stage 2 (`case escalate REF`)",
			standing->reference);
	if (standing->status == RD_STATUS_ANSWERED)
		return rd_fail(err, RD_E_REFUSED,
			"stage 2 of case %s is answered already, and that answer was the last; the "
			"Ombudsman is next (`case refer REF`)",
			standing->reference);
	if (standing->stage2_waits)
		return rd_fail(err, RD_E_REFUSED,
			"stage 2 of case %s was asked for and nobody has taken it on; `case accept "
			"REF` or `case refuse REF --why TEXT` first",
			standing->reference);
	if (standing->acknowledged)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		standing->stage == RD_STAGE_1
			? "case %s was never acknowledged; do that first (`case acknowledge REF`, "
			  "with --given DAY where it was done in another way)"
			: "stage 2 of case %s is not acknowledged yet: its letter has not left; "
			  "see `outbox list`, or record with `case accept REF --given DAY` that "
			  "it was done in another way",
		standing->reference);
}

static enum rd_rc may_escalate(const struct rd_standing *standing, struct rd_err *err)
{
	if (standing->stage == RD_STAGE_2)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is at stage 2 already, and there is no third; the Ombudsman is "
			"next (`case refer REF`)",
			standing->reference);
	if (standing->status == RD_STATUS_CLOSED && !standing->answered)
		return rd_fail(err, RD_E_REFUSED,
			"case %s was closed without an answer; open it again first (`case reopen "
			"REF --why TEXT`)",
			standing->reference);
	if (standing->answer_waits && !standing->stage1_overdue)
		return rd_fail(err, RD_E_REFUSED,
			"the stage 1 answer of case %s is written, has not reached the resident, "
			"and its date has not passed; see `outbox list`, or give it in another way "
			"and record that (`case respond REF --stage 1 --given DAY`)",
			standing->reference);
	if (standing->status != RD_STATUS_OPEN || standing->answered || standing->stage1_overdue)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"stage 1 of case %s is not answered yet and its date has not passed; answer it "
		"first (`case respond REF --stage 1`)",
		standing->reference);
}

static enum rd_rc nothing_waits(const struct rd_standing *standing, struct rd_err *err)
{
	return rd_fail(err, RD_E_REFUSED,
		standing->stage == RD_STAGE_2 ? "stage 2 of case %s was taken on already"
					      : "nobody has asked for stage 2 of case %s; record "
						"the request first (`case "
						"escalate REF`)",
		standing->reference);
}

/* Taken on and not acknowledged, it may be acknowledged in another way. */
static enum rd_rc may_accept(const struct rd_standing *standing, struct rd_err *err)
{
	if (standing->stage == RD_STAGE_2 && (standing->stage2_waits || !standing->acknowledged))
		return RD_OK;
	return nothing_waits(standing, err);
}

static enum rd_rc may_refuse(const struct rd_standing *standing, struct rd_err *err)
{
	if (standing->stage != RD_STAGE_2 || !standing->stage2_waits)
		return nothing_waits(standing, err);
	if (standing->answer_reached)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		standing->answered
			? "the stage 1 answer of case %s never reached the resident, so stage 2 "
			  "cannot be refused; take it on (`case accept REF`)"
			: "stage 1 of case %s was never answered, so stage 2 cannot be refused; "
			  "take it on (`case accept REF`)",
		standing->reference);
}

static enum rd_rc may_exclude(const struct rd_standing *standing, struct rd_err *err)
{
	if (standing->stage == RD_STAGE_1 && !standing->answered)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s was answered: it was considered, so it can be excluded no longer; a "
		"request "
		"for stage 2 is refused with `case refuse REF --why TEXT`",
		standing->reference);
}

static enum rd_rc may_agree(const struct rd_standing *standing, struct rd_err *err)
{
	if (standing->defined)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"nobody has said yet what case %s is about; do that first (`case define REF "
		"--definition TEXT`)",
		standing->reference);
}

enum rd_rc rd_life_may(const struct rd_standing *standing, enum rd_move move, struct rd_err *err)
{
	RD_TRY(refuse_closed(standing, move, err));
	RD_TRY(refuse_undecided(standing, move, err));
	RD_TRY(refuse_other_kinds(standing, move, err));
	switch (move) {
	case RD_MOVE_RESPOND:
	case RD_MOVE_EXTEND:
		return may_answer(standing, move, err);
	case RD_MOVE_ESCALATE:
		return may_escalate(standing, err);
	case RD_MOVE_ACCEPT:
		return may_accept(standing, err);
	case RD_MOVE_REFUSE:
		return may_refuse(standing, err);
	case RD_MOVE_EXCLUDE:
		return may_exclude(standing, err);
	case RD_MOVE_AGREE:
		return may_agree(standing, err);
	case RD_MOVE_ASSIGN:
	case RD_MOVE_CONTACTED:
	case RD_MOVE_REOPEN:
	case RD_MOVE_WITHDRAW:
	case RD_MOVE_REFER:
	case RD_MOVE_LINK:
	case RD_MOVE_MERGE:
	case RD_MOVE_SPLIT:
	case RD_MOVE_RECORD:
	case RD_N_MOVES:
		break;
	}
	return RD_OK;
}

/* --- clocks --- */

static void meets(struct rd_clock_changes *changes, enum rd_clock_id clock)
{
	changes->meets[changes->n_meets++] = clock;
}

static void stops(struct rd_clock_changes *changes, enum rd_clock_id clock)
{
	changes->stops[changes->n_stops++] = clock;
}

static void meet_and_stop(enum rd_event event, struct rd_clock_changes *changes)
{
	switch (event) {
	case RD_EVENT_RESPONDED:
		meets(changes, RD_CLOCK_STAGE1_RESPOND);
		meets(changes, RD_CLOCK_STAGE1_EXTENDED);
		meets(changes, RD_CLOCK_CONDUCT_RESPOND);
		meets(changes, RD_CLOCK_FEEDBACK_RESPOND);
		stops(changes, RD_CLOCK_STAGE1_CONTACT);
		return;
	case RD_EVENT_STAGE2_REQUESTED:
		meets(changes, RD_CLOCK_STAGE2_REQUEST);
		stops(changes, RD_CLOCK_CASE_CLOSE);
		stops(changes, RD_CLOCK_STAGE1_CONTACT);
		stops(changes, RD_CLOCK_STAGE1_RESPOND); /* late, and overtaken */
		stops(changes, RD_CLOCK_STAGE1_EXTENDED);
		return;
	case RD_EVENT_STAGE2_ACKNOWLEDGED:
		meets(changes, RD_CLOCK_STAGE2_ACCEPT);
		meets(changes, RD_CLOCK_STAGE2_ACKNOWLEDGE);
		return;
	case RD_EVENT_STAGE2_RESPONDED:
		meets(changes, RD_CLOCK_STAGE2_RESPOND);
		meets(changes, RD_CLOCK_STAGE2_EXTENDED);
		stops(changes, RD_CLOCK_STAGE2_CONTACT);
		return;
	case RD_EVENT_RECEIVED:
	case RD_EVENT_ACKNOWLEDGED:
	case RD_EVENT_ASSIGNED:
	case RD_EVENT_EXTENDED:
	case RD_EVENT_STAGE2_ASSIGNED:
	case RD_EVENT_STAGE2_EXTENDED:
	case RD_EVENT_HAZARD_KNOWN:
	case RD_EVENT_INVESTIGATED:
	case RD_EVENT_ENQUIRED:
	case RD_EVENT_SURVEYED:
	case RD_N_EVENTS:
		return;
	}
}

static bool starts_from(const struct rd_landlord *landlord, int clock, enum rd_event event)
{
	const struct rd_clock_rule *rule = &landlord->clocks[clock];

	if (!rule->held || rule->from_clock)
		return false;
	return rule->from == event ||
	       (clock == RD_CLOCK_CASE_CLOSE && event == RD_EVENT_STAGE2_RESPONDED);
}

static void starts(struct rd_clock_changes *changes, const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, enum rd_clock_id clock, struct rd_date day)
{
	struct rd_clock_start *start = &changes->starts[changes->n_starts++];
	struct rd_err past_calendar = { 0 };

	*start = (struct rd_clock_start){ .clock = clock, .starts = day };
	if (rd_clock_due(landlord, calendar, clock, day, &start->due, &past_calendar) != RD_OK)
		start->due = (struct rd_date){ 0 };
}

void rd_life_event(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_event event, struct rd_date day, struct rd_clock_changes *ret_changes)
{
	/* A second request, after a refusal, begins as the first did, and so does what a second
	 * answer starts, in a case that was opened again. */
	struct rd_clock_changes changes = { .anew = event == RD_EVENT_STAGE2_REQUESTED ||
						    event == RD_EVENT_RESPONDED ||
						    event == RD_EVENT_STAGE2_RESPONDED };

	meet_and_stop(event, &changes);
	for (int clock = RD_CLOCK_STAGE1_CONTACT; clock <= RD_CLOCK_CASE_CLOSE; clock++)
		if (starts_from(landlord, clock, event))
			starts(&changes, landlord, calendar, (enum rd_clock_id)clock, day);
	*ret_changes = changes;
}

void rd_life_refusal(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	struct rd_date day, struct rd_clock_changes *ret_changes)
{
	struct rd_clock_changes changes = { .n_meets = 0 };

	meets(&changes, RD_CLOCK_STAGE2_ACCEPT);
	stops(&changes, RD_CLOCK_STAGE2_ACKNOWLEDGE);
	stops(&changes, RD_CLOCK_STAGE2_CONTACT);
	stops(&changes, RD_CLOCK_STAGE2_RESPOND);
	stops(&changes, RD_CLOCK_STAGE2_EXTENDED);
	if (landlord->clocks[RD_CLOCK_CASE_CLOSE].held)
		starts(&changes, landlord, calendar, RD_CLOCK_CASE_CLOSE, day);
	*ret_changes = changes;
}

bool rd_clock_is_owed(const char *clock)
{
	return strcmp(clock, rd_clock_names[RD_CLOCK_STAGE2_REQUEST]) != 0 &&
	       strcmp(clock, rd_clock_names[RD_CLOCK_CASE_CLOSE]) != 0;
}

/* --- extensions --- */

enum rd_clock_id rd_life_extension(enum rd_stage stage)
{
	return stage == RD_STAGE_2 ? RD_CLOCK_STAGE2_EXTENDED : RD_CLOCK_STAGE1_EXTENDED;
}

static enum rd_rc check_dates(const struct rd_calendar *calendar,
	const struct rd_extending *extending, struct rd_err *err)
{
	char due[RD_LONG_DATE_MAX], next[RD_LONG_DATE_MAX];
	struct rd_date next_day;
	bool working = false;

	rd_date_format_long(extending->due, due);
	if (rd_date_compare(extending->told_on, extending->due) > 0)
		return rd_fail(err, RD_E_REFUSED,
			"the answer was promised by %s, and an extension must be told before that "
			"day has passed; answer as soon as you can (`case respond REF`), and agree "
			"with the resident how often they hear from you meanwhile",
			due);
	if (rd_date_compare(extending->to, extending->due) <= 0)
		return rd_fail(err, RD_E_INPUT,
			"the answer is promised by %s; a longer time ends after that", due);
	RD_TRY(rd_is_working_day(calendar, extending->to, &working, err));
	if (working)
		return RD_OK;
	RD_TRY(rd_workday_next(calendar, extending->to, &next_day, err));
	return rd_fail(err, RD_E_INPUT, "nobody works on that day; the next working day is %s",
		rd_date_format_long(next_day, next));
}

enum rd_rc rd_life_extend(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	const struct rd_extending *extending, struct rd_err *err)
{
	const enum rd_clock_id clock = rd_life_extension(extending->stage);
	const struct rd_clock_rule *rule = &landlord->clocks[clock];
	char text[RD_LONG_DATE_MAX];
	struct rd_date limit;

	if (!rule->held)
		return rd_fail(err, RD_E_REFUSED,
			"the policy of %s has no longer time for this answer (no clock %s)",
			landlord->full_name, rd_clock_names[clock]);
	RD_TRY(check_dates(calendar, extending, err));
	RD_TRY(rd_clock_due(landlord, calendar, clock, extending->original, &limit, err));
	if (rd_date_compare(extending->to, limit) <= 0)
		return RD_OK;
	rd_date_format_long(limit, text);
	if (rule->approved_by[0] == '\0')
		return rd_fail(err, RD_E_REFUSED,
			"the policy allows %s at the latest (%s), and names nobody who may allow "
			"more",
			text, rule->length_words);
	if (extending->approved_by != NULL && extending->approved_by[0] != '\0')
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"the policy allows %s at the latest (%s); longer only where it was approved by %s: "
		"name who that was with --approved-by",
		text, rule->length_words, rule->approved_by);
}

/* --- people --- */

static const char *skip_blanks(const char *name)
{
	while (*name == ' ')
		name++;
	return name;
}

bool rd_life_same_person(const char *one, const char *other)
{
	one = skip_blanks(one);
	other = skip_blanks(other);
	while (*one != '\0' && *other != '\0') {
		if (tolower((unsigned char)*one) != tolower((unsigned char)*other))
			return false;
		if (*one == ' ') {
			one = skip_blanks(one);
			other = skip_blanks(other);
			continue;
		}
		one++;
		other++;
	}
	return *skip_blanks(one) == '\0' && *skip_blanks(other) == '\0';
}
