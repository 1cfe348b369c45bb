#include "redress/policy/decision.h"

#include <string.h>
#include "redress/policy/clocks.h"
#include "redress/policy/letter_plan.h"

/* Ten days hold more than five working days whatever the holidays: used where the calendar does not
 * reach back. */
#define OLD_DAYS_WITHOUT_CALENDAR 10

struct decision {
	const struct rd_score *score; /* may be NULL */
	const struct rd_facts *facts;
	const struct rd_landlord *landlord;
	const struct rd_calendar *calendar;
	struct rd_verdict *v;
	struct rd_date received; /* day zero of what this message opens */
	struct rd_date today;
	struct rd_date next_workday;	/* after today; unset where the calendar ends */
	struct rd_date acknowledge_due; /* from `received`; unset where the calendar ends */
	size_t n_topics;
	bool person_acknowledges;
};

static bool has_danger(const bool flags[static RD_N_FLAGS])
{
	return flags[RD_SAFEGUARDING] || flags[RD_HEALTH_SAFETY] || flags[RD_HEAT_LOSS] ||
	       flags[RD_PERSONAL_INJURY];
}

static bool has_any_flag(const bool flags[static RD_N_FLAGS])
{
	for (int i = 0; i < RD_N_FLAGS; i++)
		if (flags[i])
			return true;
	return false;
}

static void add_reason(struct rd_verdict *v, const char *reason)
{
	if (v->n_reasons < RD_VERDICT_REASONS_MAX)
		v->reasons[v->n_reasons++] = reason;
}

static void add_alarm(struct rd_verdict *v, enum rd_alarm_cause alarm)
{
	RD_ASSERT(v->n_alarms < RD_VERDICT_ALARMS_MAX);
	v->alarms[v->n_alarms++] = alarm;
}

/* One of a kind; the earlier day stands. */
static void add_task(struct rd_verdict *v, enum rd_task_kind kind, struct rd_date day)
{
	for (size_t i = 0; i < v->n_tasks; i++) {
		if (v->tasks[i].kind != kind)
			continue;
		if (rd_date_compare(day, v->tasks[i].day) < 0)
			v->tasks[i].day = day;
		return;
	}
	RD_ASSERT(v->n_tasks < RD_VERDICT_TASKS_MAX);
	v->tasks[v->n_tasks++] = (struct rd_verdict_task){ .kind = kind, .day = day };
}

static struct rd_date or_today(const struct decision *d, struct rd_date day)
{
	return rd_date_is_set(day) ? day : d->today;
}

/* The due date of a clock from a day; unset where the policy or the calendar has none. */
static struct rd_date due_of(
	const struct decision *d, enum rd_clock_id clock, struct rd_date starts)
{
	struct rd_err unused = { 0 };
	struct rd_date due = { 0 };

	if (rd_clock_due(d->landlord, d->calendar, clock, starts, &due, &unused) != RD_OK)
		return (struct rd_date){ 0 };
	return due;
}

static void start_clock(struct decision *d, enum rd_clock_id clock)
{
	struct rd_verdict *v = d->v;

	RD_ASSERT(v->n_clocks < RD_VERDICT_CLOCKS_MAX);
	v->clocks[v->n_clocks++] = (struct rd_verdict_clock){
		.clock = clock, .starts = d->received, .due = due_of(d, clock, d->received)
	};
}

static bool is_old(const struct decision *d)
{
	struct rd_err unused = { 0 };
	struct rd_date seen = rd_date_of(d->facts->first_seen_ms);
	int n;

	if (rd_workdays_between(d->calendar, d->received, seen, &n, &unused) == RD_OK)
		return n > RD_OLD_WORKDAYS;
	return rd_date_days_between(d->received, seen) > OLD_DAYS_WITHOUT_CALENDAR;
}

static void set_days(struct decision *d)
{
	struct rd_err unused = { 0 };

	if (rd_workday_next(d->calendar, d->today, &d->next_workday, &unused) != RD_OK)
		d->next_workday = (struct rd_date){ 0 };
	d->acknowledge_due = due_of(d, RD_CLOCK_STAGE1_ACKNOWLEDGE, d->received);
}

/* ---- what it is ---- */

/* However sure the rules are of it. */
static void add_reasons_of_signs(struct rd_verdict *v)
{
	if (v->kind == RD_COMPLAINT && v->flags[RD_ASKS_NOT_FORMAL])
		add_reason(v, "it asks for nothing formal: the choice is the resident's");
	if (v->flags[RD_STAGE2_REQUEST])
		add_reason(v, RD_REASON_STAGE2);
	if (v->kind == RD_OTHER && !v->review && has_danger(v->flags))
		add_reason(v, "it speaks of danger or injury");
}

bool rd_score_needs_person(const struct rd_score *score)
{
	struct rd_verdict v = { 0 };

	if (score == NULL)
		return true;
	v.kind = score->kind;
	v.review = score->review;
	memcpy(v.flags, score->flags, sizeof v.flags);
	add_reasons_of_signs(&v);
	return v.review || v.n_reasons > 0;
}

static void take_score(struct decision *d)
{
	const struct rd_facts *f = d->facts;
	struct rd_verdict *v = d->v;

	v->kind = RD_OTHER;
	if (d->score != NULL) {
		v->kind = d->score->kind;
		v->review = d->score->review;
		memcpy(v->flags, d->score->flags, sizeof v->flags);
		d->n_topics = d->score->n_topics;
	}
	if (f->quarantined)
		add_reason(v, "it could not be taken apart; a person must read it");
	else if (d->score == NULL || f->score_failed)
		add_reason(v, "the rules could not be applied to it");
	/* The rules told these already, and better. */
	bool told = d->score != NULL && d->score->n_review_reasons > 0;
	if (f->troubled && !told)
		add_reason(v, "not all of it could be read");
	if (f->nothing_new && !told)
		add_reason(v, "it holds nothing but earlier mail or a signature");
	/* "see pic": the words may be the least of it. */
	if (f->pictures && v->kind == RD_OTHER)
		add_reason(v, "it came with a picture, which only a person can look at");
	add_reasons_of_signs(v);
	if (v->n_reasons > 0)
		v->review = true;
}

/* The one word that our own letters offer; whatever the rules make of it, it is meant. */
static void take_complaint_word(struct decision *d)
{
	struct rd_verdict *v = d->v;

	v->kind = RD_COMPLAINT;
	v->review = false;
	v->n_reasons = 0;
}

/* ---- fates ---- */

static void open_case(struct decision *d, bool linked)
{
	struct rd_verdict *v = d->v;

	v->fate = RD_FATE_OPENED;
	v->linked = linked;
	v->status = v->review ? RD_STATUS_REVIEW : RD_STATUS_OPEN;
	v->stage = v->kind == RD_COMPLAINT && !v->review ? RD_STAGE_1 : RD_STAGE_NONE;
	v->letter_to = linked && !d->facts->sender_known ? RD_LETTER_TO_CASE : RD_LETTER_TO_SENDER;
	v->possibly_related = d->facts->possibly_related;
}

static void join_case(struct decision *d)
{
	const struct rd_joined_case *joined = &d->facts->joined;
	struct rd_verdict *v = d->v;

	v->fate = RD_FATE_JOINED;
	v->status = joined->status;
	v->stage = joined->stage;
	v->letter_to = RD_LETTER_TO_CASE;
}

/* The resident takes up our offer on a case under review: it is a complaint now. */
static void begin_stage1(struct decision *d)
{
	const struct rd_joined_case *joined = &d->facts->joined;
	struct rd_verdict *v = d->v;

	join_case(d);
	v->begin_stage1 = true;
	v->status = RD_STATUS_OPEN;
	v->stage = RD_STAGE_1;
	if (joined->n_topics > d->n_topics)
		d->n_topics = joined->n_topics;
	if (!joined->flags[RD_ASKS_NOT_FORMAL] && rd_date_is_set(joined->received)) {
		d->received = joined->received;
		set_days(d);
	}
}

/* Stage 2 in so many words; in a longer message a sentence of its own, where the rules are sure
 * that it is a complaint which asks for it, too. */
static bool asks_for_stage2(const struct decision *d)
{
	const struct rd_verdict *v = d->v;

	if (!d->facts->joined.may_escalate)
		return false;
	return d->facts->reply == RD_REPLY_STAGE2 ||
	       (d->facts->asks_stage2 && v->flags[RD_STAGE2_REQUEST] &&
		       !v->flags[RD_ASKS_NOT_FORMAL] && v->kind == RD_COMPLAINT &&
		       d->score != NULL && !d->score->review);
}

/* A reply of the resident's own to her complaint that says one thing, and that one plainly. */
static bool understood(struct decision *d)
{
	const struct rd_facts *f = d->facts;
	struct rd_verdict *v = d->v;

	if (!f->sender_known || f->by_staff || f->troubled || f->pictures || f->unauthenticated ||
		v->old || f->automatic.auto_replied || has_danger(v->flags))
		return false;
	v->escalates = asks_for_stage2(d);
	v->agrees = f->reply == RD_REPLY_AGREES && f->joined.definition_open;
	/* That all is well may end a complaint that runs: a person reads it. */
	v->only_thanks = f->reply == RD_REPLY_THANKS ||
			 (f->reply == RD_REPLY_CONTENT && f->joined.status == RD_STATUS_CLOSED);
	if (!v->escalates && !v->agrees && !v->only_thanks)
		return false;
	v->review = false;
	v->n_reasons = 0;
	join_case(d);
	if (v->escalates) {
		v->status = RD_STATUS_OPEN;
		v->stage = RD_STAGE_2;
	}
	return true;
}

/* The answer to our offer on a case under review. With a right code anybody can give it; it is the
 * resident's where the case knows the sender. */
static bool says_complaint_of_review(const struct decision *d)
{
	return d->facts->says_complaint && d->facts->joined.status == RD_STATUS_REVIEW &&
	       !d->facts->automatic.auto_replied;
}

static void place_joined(struct decision *d)
{
	const struct rd_joined_case *joined = &d->facts->joined;
	struct rd_verdict *v = d->v;
	const bool answered =
		joined->status == RD_STATUS_ANSWERED || joined->status == RD_STATUS_CLOSED;
	const bool acts = !d->facts->flood; /* one of too many sets nothing going by itself */

	if (d->facts->second_body) {
		join_case(d);
		return;
	}
	if (d->facts->lone_answer) {
		d->v->kind = joined->kind;
		d->v->review = false;
		d->v->n_reasons = 0;
		join_case(d);
		return;
	}
	if (acts && says_complaint_of_review(d) && d->facts->sender_known) {
		begin_stage1(d);
		return;
	}
	if (acts && says_complaint_of_review(d)) {
		add_reason(v, "COMPLAINT, but from somebody whom the case does not know");
		v->review = true;
	}
	if (acts && joined->kind == RD_COMPLAINT && understood(d))
		return;
	if (!acts && !v->flags[RD_STAGE2_REQUEST] && asks_for_stage2(d)) {
		v->flags[RD_STAGE2_REQUEST] = true;
		add_reason(v, RD_REASON_STAGE2);
		v->review = true;
	}
	if (d->facts->reply == RD_REPLY_WITHDRAWS) {
		add_reason(v, "it may withdraw the complaint (`case withdraw`)");
		v->review = true;
	}
	if (acts && v->kind == RD_COMPLAINT && !v->review && joined->kind != RD_COMPLAINT &&
		joined->status != RD_STATUS_REVIEW && !joined->has_open_linked_complaint) {
		if (d->facts->says_complaint && joined->n_topics > d->n_topics)
			d->n_topics = joined->n_topics;
		open_case(d, true);
		return;
	}
	if (v->kind == RD_COMPLAINT && joined->kind == RD_COMPLAINT && answered && !v->review) {
		/* Code 6.10: unhappy with the answer, in whole or in part, is enough. */
		add_reason(v, RD_REASON_UNHAPPY);
		v->review = true;
	} else if (v->kind == RD_COMPLAINT && !v->review && joined->kind != RD_COMPLAINT) {
		add_reason(v,
			acts ? "a complaint on a case that is under review or has a complaint "
			       "already"
			     : "a complaint, but its sender wrote more mails than a person does");
		v->review = true;
	}
	join_case(d);
	/* What a person must decide is not hidden on a closed case, whose clocks stand still; an
	 * absence opens nothing again, it is the person's task alone. */
	if (v->review && joined->status == RD_STATUS_CLOSED && !d->facts->automatic.auto_replied)
		v->status = RD_STATUS_OPEN;
}

/* One of too many: it opens nothing but the one case that all of them stand on. */
static void place_flood(struct decision *d)
{
	struct rd_verdict *v = d->v;

	v->review = !d->facts->joined.present;
	v->n_reasons = 0;
	if (d->facts->joined.present) {
		join_case(d);
		return;
	}
	add_reason(v, "its sender wrote more mails than a person does; they are all on this case");
	open_case(d, false);
}

static void place(struct decision *d)
{
	if (d->facts->joined.present && !d->facts->flood_together)
		place_joined(d);
	else if (d->v->kind == RD_OTHER && !d->v->review)
		d->v->fate = RD_FATE_OTHER;
	else if (d->facts->flood)
		place_flood(d);
	else
		open_case(d, false);
}

/* ---- clocks ---- */

static void start_clocks(struct decision *d)
{
	const struct rd_joined_case *joined = &d->facts->joined;
	struct rd_verdict *v = d->v;
	bool new_complaint = v->kind == RD_COMPLAINT && !v->review &&
			     (v->fate == RD_FATE_OPENED || v->begin_stage1);

	if (new_complaint) {
		start_clock(d, RD_CLOCK_STAGE1_ACKNOWLEDGE);
		start_clock(d, RD_CLOCK_STAGE1_DEFINE);
		return;
	}
	if (v->review && (v->fate == RD_FATE_OPENED || (joined->kind != RD_COMPLAINT &&
							       joined->status != RD_STATUS_REVIEW &&
							       !d->facts->second_body)))
		start_clock(d, RD_CLOCK_STAGE1_ACKNOWLEDGE);
	if (v->fate != RD_FATE_OPENED)
		return;
	/* A member's enquiry alone: no policy says when any other is answered. */
	if (v->kind == RD_ENQUIRY && v->flags[RD_MP_COUNCILLOR] &&
		d->landlord->clocks[RD_CLOCK_ENQUIRY_RESPOND].held)
		start_clock(d, RD_CLOCK_ENQUIRY_RESPOND);
	if (v->kind == RD_SURVEY_FEEDBACK && d->landlord->clocks[RD_CLOCK_SURVEY_CONTACT].held &&
		(v->review || d->score == NULL || d->score->totals[RD_COMPLAINT] > 0)) {
		start_clock(d, RD_CLOCK_SURVEY_CONTACT);
		add_task(v, RD_TASK_CONTACT,
			or_today(d, due_of(d, RD_CLOCK_SURVEY_CONTACT, d->received)));
	}
}

/* Does every date that the case and its letter need lie within the calendar? */
static bool dates_known(const struct decision *d)
{
	const struct rd_verdict *v = d->v;

	if (!rd_date_is_set(d->next_workday))
		return false;
	for (size_t i = 0; i < v->n_clocks; i++)
		if (!rd_date_is_set(v->clocks[i].due))
			return false;
	return v->letter_wanted != RD_LETTER_ACKNOWLEDGEMENT ||
	       rd_date_is_set(due_of(d, RD_CLOCK_STAGE1_RESPOND, d->today));
}

/* ---- letters ---- */

static bool emergency_is_new(const struct decision *d)
{
	const bool *flags = d->v->flags;
	const bool *had = d->facts->joined.flags;

	return (flags[RD_HEALTH_SAFETY] && !had[RD_HEALTH_SAFETY]) ||
	       (flags[RD_HEAT_LOSS] && !had[RD_HEAT_LOSS]);
}

/* The choice is offered by mail alone, for a later text says nothing of the matter, and no oftener
 * than anything else that joins is answered. */
static enum rd_letter_kind letter_of_joined(const struct decision *d)
{
	if (d->v->only_thanks || d->facts->lone_answer)
		return RD_LETTER_NONE;
	if (d->v->agrees)
		return RD_LETTER_AGREE;
	if (d->v->escalates)
		return RD_LETTER_STAGE2_ASKED;
	if (d->facts->joined.by_text)
		return RD_LETTER_LATER;
	if (d->v->kind == RD_COMPLAINT && d->v->flags[RD_ASKS_NOT_FORMAL] &&
		!d->facts->second_body && !d->facts->joined.choice_sent_today)
		return RD_LETTER_CHOICE;
	return RD_LETTER_ADDED;
}

static void choose_letter(struct decision *d, bool later_text)
{
	const struct rd_facts *f = d->facts;
	struct rd_verdict *v = d->v;
	struct rd_letter_choice choice = { 0 };
	enum rd_channel channel = f->channel;

	if (v->begin_stage1 && f->joined.by_text)
		channel = RD_CHANNEL_SMS;
	if (v->fate == RD_FATE_OPENED || v->begin_stage1)
		choice = rd_letter_for(
			v->kind, v->review, v->flags, d->n_topics, channel, later_text);
	else if (v->fate == RD_FATE_JOINED)
		choice.letter = letter_of_joined(d);
	v->letter_wanted = choice.letter;
	d->person_acknowledges = choice.person_acknowledges;
	v->letter_meets_acknowledge = choice.meets_acknowledge;
	v->emergency_health = v->flags[RD_HEALTH_SAFETY] ||
			      (f->joined.present && f->joined.flags[RD_HEALTH_SAFETY]);
	v->emergency_heat =
		v->flags[RD_HEAT_LOSS] || (f->joined.present && f->joined.flags[RD_HEAT_LOSS]);
	if (v->letter_wanted == RD_LETTER_NONE)
		return;
	for (size_t i = 0; i < v->n_clocks; i++)
		if (!rd_date_is_set(v->letter_due) ||
			rd_date_compare(v->clocks[i].due, v->letter_due) < 0)
			v->letter_due = v->clocks[i].due;
}

enum rd_withheld rd_automatic_withholds(const struct rd_automatic *a)
{
	if (a->auto_submitted || a->auto_replied || a->precedence_bulk || a->list ||
		a->suppress_asked || a->null_return_path || a->machine_generated ||
		a->delivery_report || a->read_receipt || a->from_redress)
		return RD_WITHHELD_AUTOMATIC;
	return a->no_reply_address ? RD_WITHHELD_NO_REPLY : RD_WITHHELD_NO;
}

enum rd_withheld rd_address_withholds(const struct rd_facts *facts)
{
	if (facts->no_address)
		return RD_WITHHELD_NO_ADDRESS;
	if (facts->opted_out)
		return RD_WITHHELD_OPTED_OUT;
	return facts->rate_capped ? RD_WITHHELD_RATE_CAP : RD_WITHHELD_NO;
}

/* What stands against the one who would get the letter; the sender's marks count always, for a
 * machine must not make us write to anybody. */
static enum rd_withheld recipient_withholds(const struct decision *d)
{
	const struct rd_facts *f = d->facts;
	enum rd_withheld automatic = rd_automatic_withholds(&f->automatic);
	bool to_another = d->v->letter_to == RD_LETTER_TO_CASE && f->case_apart;
	enum rd_withheld address = to_another ? f->case_withheld : rd_address_withholds(f);

	if (automatic != RD_WITHHELD_NO)
		return automatic;
	if (address == RD_WITHHELD_NO_ADDRESS || !f->unauthenticated)
		return address;
	return RD_WITHHELD_UNAUTHENTICATED;
}

/* Nothing a colleague writes makes us write to anybody but one whom it names, or the contact of the
 * case that it concerns; and that only once a person has looked. */
static bool is_colleagues_own(const struct decision *d)
{
	return d->facts->by_staff &&
	       (d->v->fate != RD_FATE_OPENED || (!d->v->linked && !d->facts->names_resident));
}

static bool had_its_letter_today(const struct decision *d)
{
	const struct rd_verdict *v = d->v;

	return v->fate == RD_FATE_JOINED && !v->begin_stage1 &&
	       (v->letter_wanted == RD_LETTER_ADDED || v->letter_wanted == RD_LETTER_LATER) &&
	       d->facts->joined.added_sent_today && !emergency_is_new(d);
}

static enum rd_withheld why_withheld(const struct decision *d)
{
	const struct rd_facts *f = d->facts;
	const struct rd_verdict *v = d->v;
	enum rd_withheld recipient = recipient_withholds(d);

	if (v->letter_wanted == RD_LETTER_NONE)
		return RD_WITHHELD_NO_LETTER;
	if (v->safeguarding_hold)
		return RD_WITHHELD_SAFEGUARDING;
	if (f->quarantined)
		return RD_WITHHELD_QUARANTINED;
	if (v->old)
		return RD_WITHHELD_OLD;
	if (f->after_backup)
		return RD_WITHHELD_AFTER_BACKUP;
	if (is_colleagues_own(d))
		return RD_WITHHELD_STAFF;
	if (f->flood)
		return RD_WITHHELD_RATE_CAP;
	if (recipient != RD_WITHHELD_NO)
		return recipient;
	/* The first arrival's case was answered; one without a case never was. */
	if (f->second_body && f->joined.present)
		return RD_WITHHELD_SECOND_BODY;
	if (had_its_letter_today(d))
		return RD_WITHHELD_ONCE_A_DAY;
	return v->calendar_ended ? RD_WITHHELD_CALENDAR : RD_WITHHELD_NO;
}

/* ---- what a person owes ---- */

/* The day of a duty that no clock dates: as long as an acknowledgement may take. */
static struct rd_date duty_day(const struct decision *d)
{
	const struct rd_verdict *v = d->v;

	return or_today(d, rd_date_is_set(v->letter_due) ? v->letter_due : d->acknowledge_due);
}

static void add_old_task(struct decision *d)
{
	struct rd_verdict *v = d->v;
	bool own = v->kind == RD_COMPLAINT || v->review || has_any_flag(v->flags);
	struct rd_date day = rd_date_is_set(d->acknowledge_due) ? d->acknowledge_due : d->received;

	add_task(v, RD_TASK_ANSWER_OLD, own ? day : d->today);
	for (size_t i = 0; i < v->n_tasks; i++)
		if (v->tasks[i].kind == RD_TASK_ANSWER_OLD)
			v->tasks[i].shared = !own;
}

static void add_duty(struct decision *d)
{
	struct rd_verdict *v = d->v;
	bool answers = v->letter_wanted != RD_LETTER_ADDED && !v->agrees && !v->escalates &&
		       (v->letter_wanted != RD_LETTER_LATER || v->begin_stage1) &&
		       v->kind != RD_COMPLIMENT;

	switch (v->withheld) {
	case RD_WITHHELD_NO:
	case RD_WITHHELD_NO_LETTER:
	case RD_WITHHELD_SECOND_BODY:
	case RD_WITHHELD_ONCE_A_DAY:
	case RD_N_WITHHELD:
		return;
	case RD_WITHHELD_OLD:
		add_old_task(d);
		return;
	case RD_WITHHELD_CALENDAR:
		return; /* the calendar's own task is there */
	case RD_WITHHELD_SAFEGUARDING:
	case RD_WITHHELD_QUARANTINED:
	case RD_WITHHELD_AFTER_BACKUP:
	case RD_WITHHELD_STAFF:
	case RD_WITHHELD_AUTOMATIC:
	case RD_WITHHELD_NO_REPLY:
	case RD_WITHHELD_NO_ADDRESS:
	case RD_WITHHELD_UNAUTHENTICATED:
	case RD_WITHHELD_OPTED_OUT:
	case RD_WITHHELD_RATE_CAP:
		break;
	}
	if (answers)
		add_task(v, RD_TASK_ACKNOWLEDGE, duty_day(d));
}

static void add_tasks(struct decision *d)
{
	const struct rd_facts *f = d->facts;
	struct rd_verdict *v = d->v;
	struct rd_date soon = or_today(d, d->next_workday);
	bool new_complaint = v->kind == RD_COMPLAINT && !v->review &&
			     (v->fate == RD_FATE_OPENED || v->begin_stage1);

	if (v->safeguarding_hold)
		add_task(v, RD_TASK_SAFEGUARDING, d->today);
	if (v->flags[RD_HEALTH_SAFETY] || v->flags[RD_HEAT_LOSS] || v->flags[RD_PERSONAL_INJURY])
		add_task(v, RD_TASK_URGENT, d->today);
	if (f->flood && (f->flood_together || !f->joined.present))
		return; /* the one task of all of them is the gateway's (flood.h) */
	if (f->quarantined)
		add_task(v, RD_TASK_READ, d->today);
	else if (v->review)
		add_task(v, RD_TASK_REVIEW, v->old ? d->today : soon);
	else if (v->fate == RD_FATE_JOINED && !v->begin_stage1 && !v->only_thanks && !v->agrees &&
		 !v->escalates)
		add_task(v, RD_TASK_READ, soon);
	if (f->second_body && v->fate == RD_FATE_OPENED)
		add_task(v, RD_TASK_READ, soon);
	/* Where it is asked for plainly the request's own task says by when. */
	if ((v->flags[RD_STAGE2_REQUEST] && !v->escalates) ||
		(v->fate == RD_FATE_JOINED && v->review && v->kind == RD_COMPLAINT &&
			f->joined.kind == RD_COMPLAINT && f->joined.status >= RD_STATUS_ANSWERED))
		add_task(v, RD_TASK_STAGE2,
			rd_date_is_set(due_of(d, RD_CLOCK_STAGE2_ACKNOWLEDGE, d->received))
				? due_of(d, RD_CLOCK_STAGE2_ACKNOWLEDGE, d->received)
				: soon);
	if (f->flood)
		return;
	if (new_complaint)
		add_task(v, RD_TASK_DEFINE,
			or_today(d, due_of(d, RD_CLOCK_STAGE1_DEFINE, d->received)));
	if (v->calendar_ended)
		add_task(v, RD_TASK_CALENDAR, d->today);
	if (f->by_staff && v->fate == RD_FATE_OPENED)
		add_task(v, RD_TASK_RESIDENT, v->old ? d->today : soon);
	add_duty(d);
	if (d->person_acknowledges && !v->old)
		add_task(v, RD_TASK_ACKNOWLEDGE, duty_day(d));
}

static void tell_of_wrong_codes(struct decision *d)
{
	if (!d->facts->codes_locked_now)
		return;
	add_task(d->v, RD_TASK_WRONG_CODES, d->today);
	add_alarm(d->v, RD_ALARM_WRONG_CODES);
}

static void finish(struct decision *d, bool later_text)
{
	const struct rd_facts *f = d->facts;
	struct rd_verdict *v = d->v;

	v->safeguarding_hold = v->flags[RD_SAFEGUARDING] || f->related_held ||
			       (f->joined.present && f->joined.safeguarding_hold);
	start_clocks(d);
	choose_letter(d, later_text);
	v->calendar_ended = !dates_known(d);
	v->withheld = why_withheld(d);
	v->letter = v->withheld == RD_WITHHELD_NO ? v->letter_wanted : RD_LETTER_NONE;
	v->letter_waits = f->by_staff && v->letter != RD_LETTER_NONE;
	v->letter_meets_acknowledge = v->letter_meets_acknowledge && v->letter != RD_LETTER_NONE;
	if (v->letter_meets_acknowledge) {
		RD_ASSERT(v->n_clocks < RD_VERDICT_CLOCKS_MAX);
		v->clocks[v->n_clocks++] =
			(struct rd_verdict_clock){ .clock = RD_CLOCK_STAGE1_RESPOND,
				.when_letter_leaves = true };
	}
	add_tasks(d);
	tell_of_wrong_codes(d);
	if (v->calendar_ended)
		add_alarm(v, RD_ALARM_CALENDAR_ENDED);
	if (f->quarantined)
		add_alarm(v, RD_ALARM_QUARANTINED);
}

/* A guard takes the message out before any decision. An opt-out word on an open case still needs a
 * person: it may mean a repair. What follows from a letter that came back hangs on the letter:
 * gateway/returns.h. */
static void guard(struct decision *d)
{
	const struct rd_facts *f = d->facts;
	struct rd_verdict *v = d->v;

	v->kind = RD_OTHER;
	v->withheld = RD_WITHHELD_NO_LETTER;
	v->fate = f->guard == RD_GUARD_DUPLICATE ? RD_FATE_DUPLICATE : RD_FATE_GUARDED;
	tell_of_wrong_codes(d);
	if (!f->joined.present)
		return;
	if (f->guard == RD_GUARD_OPT_OUT)
		add_task(v, RD_TASK_READ, or_today(d, d->next_workday));
}

static struct decision begin(const struct rd_score *score, const struct rd_facts *facts,
	const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	struct rd_verdict *verdict)
{
	struct decision d = { .score = score,
		.facts = facts,
		.landlord = landlord,
		.calendar = calendar,
		.v = verdict,
		.received = rd_date_of(facts->received_ms),
		.today = rd_date_of(facts->now_ms) };

	*verdict = (struct rd_verdict){ .fate = RD_FATE_NONE };
	set_days(&d);
	return d;
}

void rd_decide(const struct rd_score *score, const struct rd_facts *facts,
	const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	struct rd_verdict *ret_verdict)
{
	struct decision d = begin(score, facts, landlord, calendar, ret_verdict);

	if (facts->guard != RD_GUARD_NONE) {
		guard(&d);
		return;
	}
	d.v->old = is_old(&d);
	take_score(&d);
	if (facts->says_complaint)
		take_complaint_word(&d);
	place(&d);
	if (d.v->fate == RD_FATE_OTHER) {
		d.v->withheld = RD_WITHHELD_NO_LETTER;
		tell_of_wrong_codes(&d);
		return;
	}
	finish(&d, d.v->begin_stage1 && facts->joined.first_text_answered);
}

void rd_decide_settled(enum rd_kind kind, const struct rd_facts *facts,
	const bool flags[static RD_N_FLAGS], size_t n_topics, const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, struct rd_verdict *ret_verdict)
{
	struct decision d = begin(NULL, facts, landlord, calendar, ret_verdict);

	d.v->old = is_old(&d);
	d.v->kind = kind;
	memcpy(d.v->flags, flags, sizeof d.v->flags);
	d.n_topics = n_topics;
	open_case(&d, false);
	d.v->letter_to = RD_LETTER_TO_CASE;
	finish(&d, facts->joined.first_text_answered);
}

enum rd_rc rd_undecided_at(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	struct rd_date received, int64_t *ret_at_ms, struct rd_err *err)
{
	struct rd_date day;

	RD_TRY(rd_clock_due(landlord, calendar, RD_CLOCK_STAGE1_ACKNOWLEDGE, received, &day, err));
	RD_TRY(rd_workday_last_before(calendar, day, &day, err));
	*ret_at_ms = rd_date_at_ms(day, RD_APPROVAL_HOUR, 0);
	return RD_OK;
}

bool rd_undecided_is_complaint(
	double complaint_total, double request_below, const bool flags[static RD_N_FLAGS])
{
	return complaint_total >= request_below && !flags[RD_SAFEGUARDING] &&
	       !flags[RD_ASKS_NOT_FORMAL];
}
