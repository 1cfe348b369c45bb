#include "redress/gateway/guards.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/casework.h"
#include "redress/gateway/flood.h"
#include "redress/gateway/replies.h"
#include "redress/gateway/returns.h"
#include "redress/message/reference.h"
#include "redress/message/sms.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/backup.h"
#include "redress/store/contact.h"
#include "redress/store/erasure.h"
#include "redress/store/outbox.h"
#include "redress/store/reading.h"
#include "redress/store/residents.h"
#include "redress/store/returned.h"

#define DAY_MS (24 * 3600 * (int64_t)1000)

/* One message being looked at. */
struct look {
	struct rd_tx *tx;
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_claimed *claimed;
	const struct rd_message *message; /* NULL: not read */
	const struct rd_score *score;	  /* NULL: none */
	struct rd_arena *arena;
	struct rd_guarded *result;
	const char *sender;		/* "" nobody known */
	const char *about;		/* the sender, or whom a colleague speaks for; "" nobody */
	struct rd_case_contact contact; /* that letters of the joined case go to */
};

static bool is_own_letter(const struct look *look, int64_t outbox_id)
{
	const char *loop = look->message->automatic.own_loop;
	const char *slash = strchr(loop, '/');

	if (outbox_id != 0)
		return true;
	return look->message->automatic.from_redress && slash != NULL &&
	       strcmp(slash + 1, look->office->config->gateway) == 0;
}

/* An automatic answer in which the rules see nothing that a person must see. One that carries a
 * complaint is a message like any other: only its reply is withheld (promise 12). */
static bool is_out_of_office(const struct look *look)
{
	const struct rd_automatic *automatic = &look->message->automatic;
	const struct rd_score *score = look->score;

	if (!automatic->auto_replied)
		return false;
	if (automatic->from_redress)
		return true;
	if (score == NULL || score->review || rd_message_troubled(look->message))
		return false;
	for (int i = 0; i < RD_N_FLAGS; i++)
		if (score->flags[i])
			return false;
	return score->kind != RD_COMPLAINT;
}

/* Texts of ours that ask for nothing; every other one ends in how to answer it. */
static bool asks(const char *letter)
{
	return strcmp(letter, rd_letter_names[RD_LETTER_LATER]) != 0 &&
	       strcmp(letter, rd_letter_names[RD_LETTER_AGREE]) != 0 &&
	       strcmp(letter, rd_letter_names[RD_LETTER_STAGE2_ASKED]) != 0 &&
	       strcmp(letter, rd_letter_names[RD_LETTER_COMPLIMENT]) != 0;
}

/* CANCEL, END, QUIT within RD_ANSWER_DAYS of a text that asked something: the case of the newest
 * such text. */
static enum rd_rc look_for_question(struct look *look, struct rd_err *err)
{
	const int64_t since = look->claimed->received_ms - RD_ANSWER_DAYS * DAY_MS;
	struct rd_sent_text *texts;
	size_t n;

	RD_TRY(rd_returned_texts_to(look->db, look->sender, look->claimed->landlord, since,
		look->arena, &texts, &n, err));
	for (size_t i = 0; i < n && !look->result->facts.lone_answer; i++) {
		if (!asks(texts[i].letter))
			continue;
		look->result->facts.lone_answer = true;
		look->result->joined_case = texts[i].case_id;
	}
	return RD_OK;
}

static enum rd_rc look_for_opt_out(struct look *look, struct rd_err *err)
{
	struct rd_facts *facts = &look->result->facts;
	const struct rd_message *message = look->message;
	int64_t now = look->result->now_ms;
	enum rd_bare_word word;

	if (look->claimed->channel != RD_CHANNEL_SMS || look->sender[0] == '\0')
		return RD_OK;
	RD_TRY(rd_contact_opted_out(look->db, look->sender, &facts->opted_out, err));
	word = rd_message_word(message);
	if (word == RD_WORD_OPT_OUT && rd_word_may_answer(message->body, message->body_len))
		RD_TRY(look_for_question(look, err));
	if (facts->lone_answer)
		return RD_OK;
	if (word == RD_WORD_OPT_OUT) {
		facts->guard = RD_GUARD_OPT_OUT;
		return rd_contact_opt_out(look->tx, look->sender, now, err);
	}
	/* "YES" is an answer to somebody's question but where the number had opted out. */
	if (word == RD_WORD_OPT_IN && facts->opted_out) {
		facts->guard = RD_GUARD_OPT_OUT;
		facts->opted_out = false;
		return rd_contact_opt_in(look->tx, look->sender, now, err);
	}
	return RD_OK;
}

static enum rd_rc look_for_guard(struct look *look, struct rd_err *err)
{
	struct rd_guarded *result = look->result;
	const struct rd_message *message = look->message;
	struct rd_twin twin = { 0 };
	int64_t own_letter = 0;
	bool erased = false;

	RD_TRY(rd_erasure_knows(look->db, look->claimed->id, message, &erased, err));
	if (erased) {
		result->facts.guard = RD_GUARD_ERASED;
		return RD_OK;
	}
	if (message->channel == RD_CHANNEL_EMAIL) {
		RD_TRY(rd_reading_find_same(
			look->db, message, look->claimed->landlord, look->claimed->id, &twin, err));
		if (message->message_id[0] != '\0')
			RD_TRY(rd_outbox_by_message_id(
				look->db, message->message_id, &own_letter, err));
	}
	if (twin.message_id != 0) {
		result->facts.guard = RD_GUARD_DUPLICATE;
		result->duplicate_of = twin.message_id;
		result->joined_case = twin.case_id;
		return RD_OK;
	}
	if (is_own_letter(look, own_letter))
		result->facts.guard = RD_GUARD_OWN_MESSAGE;
	else if (message->automatic.delivery_report)
		result->facts.guard = RD_GUARD_BOUNCE;
	else if (message->automatic.read_receipt)
		result->facts.guard = RD_GUARD_READ_RECEIPT;
	else if (message->automatic.abuse_report)
		result->facts.guard = RD_GUARD_ABUSE_REPORT;
	else if (is_out_of_office(look))
		result->facts.guard = RD_GUARD_OUT_OF_OFFICE;
	if (result->facts.guard != RD_GUARD_NONE)
		return RD_OK;
	return look_for_opt_out(look, err);
}

const char *rd_guards_who_tries(const struct rd_message *message)
{
	if (message->by_form)
		return message->form.sender;
	return message->from.address[0] != '\0' ? message->from.address : "nobody";
}

/* A wrong code counts against its sender; the fifth of a day locks codes for it. */
static enum rd_rc count_wrong_code(struct look *look, struct rd_date today, struct rd_err *err)
{
	int count = 0;

	RD_TRY(rd_contact_wrong_code(
		look->tx, rd_guards_who_tries(look->message), today, &count, err));
	if (count == RD_WRONG_CODES_MAX)
		look->result->facts.codes_locked_now = true;
	return RD_OK;
}

/* Nothing is put on a case whose words were erased: what comes opens its own, related to it. */
static enum rd_rc join_unless_erased(
	struct look *look, int64_t case_id, bool *ret_joined, struct rd_err *err)
{
	bool erased = false;

	RD_TRY(rd_case_is_erased(look->db, case_id, &erased, err));
	if (erased && look->result->related_case == 0)
		look->result->related_case = case_id;
	if (erased)
		return RD_OK;
	look->result->joined_case = case_id;
	*ret_joined = true;
	return RD_OK;
}

static enum rd_rc try_reference(struct look *look, const struct rd_found_reference *found,
	struct rd_date today, bool *ret_joined, struct rd_err *err)
{
	const uint8_t *key = rd_store_key(rd_db_store(look->db), RD_KEY_REFERENCE);
	struct rd_case matter;
	bool works = true;
	enum rd_rc rc;

	RD_TRY(rd_contact_codes_work(
		look->db, rd_guards_who_tries(look->message), today, &works, err));
	if (!works)
		return RD_OK;
	if (!rd_reference_right(found, key))
		return count_wrong_code(look, today, err);
	rc = rd_case_get(look->db, found->number, look->arena, &matter, err);
	if (rc == RD_E_MISSING)
		return RD_OK;
	RD_TRY(rc);
	if (strcmp(matter.landlord, look->claimed->landlord) != 0)
		return RD_OK;
	return join_unless_erased(look, found->number, ret_joined, err);
}

static bool is_among(
	const struct rd_found_reference *found, const struct rd_found_reference *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].number == found->number && strcmp(all[i].check, found->check) == 0)
			return true;
	return false;
}

/* A code that stands in subject and body is one try, not two. */
static enum rd_rc join_by_reference(struct look *look, bool *ret_joined, struct rd_err *err)
{
	const struct rd_message *message = look->message;
	const struct rd_date today = rd_date_of(look->result->now_ms);
	struct rd_found_reference subject[RD_REFERENCES_FOUND_MAX], body[RD_REFERENCES_FOUND_MAX];
	const size_t n_subject =
		rd_references_find(message->subject, message->subject_len, subject);
	const size_t n_body = rd_references_find(message->body, message->body_len, body);

	for (size_t i = 0; i < n_subject && !*ret_joined; i++)
		RD_TRY(try_reference(look, &subject[i], today, ret_joined, err));
	for (size_t i = 0; i < n_body && !*ret_joined; i++)
		if (!is_among(&body[i], subject, n_subject))
			RD_TRY(try_reference(look, &body[i], today, ret_joined, err));
	return RD_OK;
}

/* By In-Reply-To and References, with a sender known on the case; a stranger's is only related. */
static enum rd_rc join_by_thread(struct look *look, bool *ret_joined, struct rd_err *err)
{
	int64_t case_id = 0;
	bool known = false;

	if (look->message->channel != RD_CHANNEL_EMAIL)
		return RD_OK;
	RD_TRY(rd_reading_find_thread(
		look->db, look->message, look->claimed->landlord, &case_id, &known, err));
	if (case_id == 0)
		return RD_OK;
	if (known && !look->result->facts.unauthenticated)
		return join_unless_erased(look, case_id, ret_joined, err);
	look->result->related_case = case_id;
	return RD_OK;
}

/* The latest of the resident's open cases; a held one before all: what holds that holds this. */
static enum rd_rc relate_by_number(struct look *look, struct rd_err *err)
{
	const struct rd_case_filter filter = {
		.address = look->about, .landlord = look->claimed->landlord, .not_closed = true
	};
	const struct rd_case *best = NULL;
	struct rd_case *cases;
	size_t n = 0;

	RD_TRY(rd_case_list(look->db, &filter, look->arena, &cases, &n, err));
	for (size_t i = 0; i < n; i++)
		if (best == NULL || cases[i].held || !best->held)
			best = &cases[i];
	if (best != NULL)
		look->result->related_case = best->id;
	return RD_OK;
}

/* A text joins its number's only open case of the last 28 days; of several it is only related. Of
 * the landlord that was written to: another's case is nobody's business here. */
static enum rd_rc join_by_number(struct look *look, bool *ret_joined, struct rd_err *err)
{
	const int64_t since = look->claimed->received_ms - RD_TEXT_JOIN_DAYS * DAY_MS;
	int64_t case_id = 0;
	size_t n = 0;

	if (look->about[0] == '\0')
		return RD_OK;
	RD_TRY(rd_case_find_only_open(
		look->db, look->claimed->landlord, look->about, since, &case_id, &n, err));
	if (look->message->channel == RD_CHANNEL_SMS && case_id != 0) {
		look->result->joined_case = case_id;
		*ret_joined = true;
		return RD_OK;
	}
	if (n == 0 || look->result->related_case != 0)
		return RD_OK;
	return relate_by_number(look, err);
}

/* The same Message-ID, From and Date with another body: a second arrival of the first one's case.
 */
static enum rd_rc join_second_body(struct look *look, bool *ret_joined, struct rd_err *err)
{
	struct rd_twin twin = { 0 };

	if (look->message->channel != RD_CHANNEL_EMAIL)
		return RD_OK;
	RD_TRY(rd_reading_find_other_body(
		look->db, look->message, look->claimed->landlord, look->claimed->id, &twin, err));
	if (twin.message_id == 0)
		return RD_OK;
	look->result->facts.second_body = true;
	return twin.case_id != 0 ? join_unless_erased(look, twin.case_id, ret_joined, err) : RD_OK;
}

static enum rd_rc look_for_case(struct look *look, struct rd_err *err)
{
	bool joined = look->result->facts.lone_answer; /* the question's case */

	if (joined)
		return RD_OK;
	RD_TRY(join_second_body(look, &joined, err));
	if (!joined)
		RD_TRY(join_by_reference(look, &joined, err));
	if (!joined)
		RD_TRY(join_by_thread(look, &joined, err));
	if (!joined)
		RD_TRY(join_by_number(look, &joined, err));
	return RD_OK;
}

/* Is a complaint that grew from this case open already? */
static enum rd_rc look_for_linked_complaint(struct look *look, struct rd_err *err)
{
	struct rd_joined_case *joined = &look->result->facts.joined;
	struct rd_case_linked *links;
	struct rd_case other;
	size_t n;

	RD_TRY(rd_case_links(look->db, look->result->joined_case, look->arena, &links, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (links[i].how != RD_LINK_GREW)
			continue;
		RD_TRY(rd_case_get(look->db, links[i].id, look->arena, &other, err));
		if (other.kind == RD_COMPLAINT && other.status != RD_STATUS_CLOSED)
			joined->has_open_linked_complaint = true;
	}
	return RD_OK;
}

static bool is_out(const struct rd_outbox_row *row)
{
	return row->state != RD_OUTBOX_CANCELLED && row->state != RD_OUTBOX_FAILED;
}

enum rd_rc rd_guards_text_answered(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	bool *ret_answered, struct rd_err *err)
{
	const enum rd_channel sms = RD_CHANNEL_SMS;
	const struct rd_outbox_filter filter = { .case_id = case_id, .channel = &sms };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(db, &filter, arena, &rows, &n, err));
	*ret_answered = false;
	for (size_t i = 0; i < n; i++)
		*ret_answered = *ret_answered || is_out(&rows[i]);
	return RD_OK;
}

/* The London day on which a letter to the case's contact would leave now. */
static enum rd_rc day_it_leaves(
	struct look *look, enum rd_letter_kind letter, struct rd_date *ret_day, struct rd_err *err)
{
	const struct rd_config *config = look->office->config;
	const struct rd_policy *policy;
	struct rd_err unused = { 0 };
	struct rd_letter_time time;
	struct rd_letter_ask ask = {
		.letter = letter,
		.channel = look->contact.channel == RD_BY_SMS ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL,
		.now_ms = look->result->now_ms,
		.day_zero = rd_date_of(look->claimed->received_ms),
		.hours = { config->text_hours_from_min, config->text_hours_to_min },
	};

	RD_TRY(rd_office_policy(look->office, look->claimed->landlord, &policy, err));
	ask.approval_wanted = policy->landlord.letters_approved;
	*ret_day = rd_date_of(ask.now_ms);
	if (rd_letter_when(&ask, policy->calendar, &time, &unused) == RD_OK)
		*ret_day = time.written_for;
	return RD_OK;
}

/* The day on which the row left, or will: what waited past its day leaves today. */
static struct rd_date day_of_row(const struct rd_outbox_row *row, struct rd_date today)
{
	if (row->state == RD_OUTBOX_SENT)
		return rd_date_of(row->sent_ms);
	if (row->state == RD_OUTBOX_QUEUED && rd_date_compare(row->written_for, today) < 0)
		return today;
	return row->written_for;
}

/* The days on which an `added` (or a later text) and a `choice` would leave now. */
struct days {
	struct rd_date today, added, choice;
};

static bool is_letter(const struct rd_outbox_row *row, enum rd_letter_kind letter)
{
	return strcmp(row->letter, rd_letter_names[letter]) == 0;
}

/* opened_by: the cause of the letter that the case itself began with. */
static void note_letter(struct rd_joined_case *joined, const struct rd_outbox_row *row,
	const struct days *days, const char *opened_by)
{
	const struct rd_date day = day_of_row(row, days->today);
	const bool choice = is_letter(row, RD_LETTER_CHOICE);

	if (row->state == RD_OUTBOX_CANCELLED)
		return;
	if (choice && rd_date_compare(day, days->choice) == 0)
		joined->choice_sent_today = true;
	if ((choice && strcmp(row->cause, opened_by) != 0) || is_letter(row, RD_LETTER_ADDED) ||
		is_letter(row, RD_LETTER_LATER))
		joined->added_sent_today |= rd_date_compare(day, days->added) == 0;
}

/* What is still unsent when the case begins stage 1 is cancelled: it is no first answer. */
static bool is_first_answer(
	const struct look *look, const struct rd_outbox_row *row, enum rd_case_status status)
{
	const bool unsent = row->state == RD_OUTBOX_QUEUED || row->state == RD_OUTBOX_HELD;
	const bool begins = look->result->facts.says_complaint && status == RD_STATUS_REVIEW;

	return row->channel == RD_CHANNEL_SMS && is_out(row) && !(begins && unsent);
}

static enum rd_rc look_at_letters(struct look *look, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = look->result->joined_case };
	struct rd_joined_case *joined = &look->result->facts.joined;
	struct days days = { .today = rd_date_of(look->result->now_ms) };
	struct rd_outbox_row *rows;
	const char *opened_by;
	int64_t opener;
	size_t n;

	RD_TRY(rd_case_opener(look->db, filter.case_id, &opener, err));
	opened_by = rd_arena_printf(look->arena, "message:%" PRId64, opener);
	RD_TRY(day_it_leaves(look, RD_LETTER_ADDED, &days.added, err));
	RD_TRY(day_it_leaves(look, RD_LETTER_CHOICE, &days.choice, err));
	RD_TRY(rd_outbox_list(look->db, &filter, look->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		note_letter(joined, &rows[i], &days, opened_by);
		if (is_first_answer(look, &rows[i], joined->status))
			joined->first_text_answered = true;
	}
	return RD_OK;
}

/* Whoever writes, the new case is held with the old one: what is sent may be read by another. */
static enum rd_rc look_at_related(struct look *look, struct rd_err *err)
{
	struct rd_facts *facts = &look->result->facts;
	struct rd_case matter;

	facts->possibly_related = look->result->related_case != 0;
	if (!facts->possibly_related)
		return RD_OK;
	RD_TRY(rd_case_get(look->db, look->result->related_case, look->arena, &matter, err));
	facts->related_held = matter.held;
	return RD_OK;
}

static enum rd_rc look_at_case(struct look *look, struct rd_err *err)
{
	struct rd_facts *facts = &look->result->facts;
	struct rd_case matter;

	if (look->result->joined_case == 0)
		return look_at_related(look, err);
	RD_TRY(rd_case_get(look->db, look->result->joined_case, look->arena, &matter, err));
	facts->joined.present = true;
	facts->joined.kind = matter.kind;
	facts->joined.stage = matter.stage;
	facts->joined.status = matter.status;
	facts->joined.received = rd_date_of(matter.received_ms);
	memcpy(facts->joined.flags, matter.flags, sizeof matter.flags);
	facts->joined.n_topics = matter.n_topics;
	facts->joined.safeguarding_hold = matter.held;
	RD_TRY(rd_casework_main_contact(look->db, matter.id, look->arena, &look->contact, err));
	facts->joined.by_text = look->contact.channel == RD_BY_SMS;
	/* An advocate's or a former contact's "yes" is a person's to judge. */
	if (strcasecmp(look->contact.address, look->sender) == 0)
		RD_TRY(rd_replies_look(look->db, look->message, &matter, look->arena, facts, err));
	RD_TRY(look_at_letters(look, err));
	/* Of a sender who is the case's contact enough is known. */
	if (strcasecmp(look->contact.address, look->sender) != 0)
		RD_TRY(rd_guards_case_contact(
			look->db, look->office, matter.id, look->arena, facts, err));
	/* An address that a form names, or that failed its checks, may be anybody's. */
	if (look->sender[0] != '\0' && !look->message->by_form && !facts->unauthenticated)
		RD_TRY(rd_case_knows(look->db, look->result->joined_case, look->sender,
			&facts->sender_known, err));
	return look_for_linked_complaint(look, err);
}

/* A STOP on an open case still needs a person: it may mean a repair. The message is guarded all the
 * same and joins nothing. What comes back to our letters: returns.h. */
static enum rd_rc look_for_guarded_case(struct look *look, struct rd_err *err)
{
	struct rd_guarded *result = look->result;
	bool joined = false;

	if (result->facts.guard != RD_GUARD_OPT_OUT)
		return rd_returns_find(
			look->tx, look->message, look->claimed->landlord, look->arena, result, err);
	RD_TRY(join_by_number(look, &joined, err));
	if (!joined) /* several open cases: a person sees it on one of them */
		result->joined_case = result->related_case;
	return look_at_case(look, err);
}

/* An e-mail address or a UK mobile. A short code or a sender's name by text answers to nobody, and
 * a premium, satellite or foreign number must not cost the landlord money by itself. */
static bool can_be_answered(const char *address)
{
	return strchr(address, '@') != NULL || rd_phone_is_uk_mobile(address);
}

/* What has to do with the address and the hour alone. A message that came before the store was
 * restored may have been answered by what was lost since the backup. */
static enum rd_rc look_at_caps(struct rd_db *db, const struct rd_caps *caps, const char *address,
	struct rd_facts *facts, struct rd_err *err)
{
	int64_t n_hour = 0, n_day = 0, until = 0;

	facts->no_address = !can_be_answered(address);
	if (strchr(address, '@') != NULL) /* a number's own word comes first: look_for_opt_out */
		RD_TRY(rd_contact_opted_out(db, address, &facts->opted_out, err));
	if (!facts->no_address) {
		RD_TRY(rd_outbox_promised(db, address, facts->now_ms - DAY_MS / 24, &n_hour, err));
		RD_TRY(rd_outbox_promised(db, address, facts->now_ms - DAY_MS, &n_day, err));
	}
	facts->rate_capped =
		facts->flood || n_hour >= caps->letters_hour || n_day >= caps->letters_day;
	RD_TRY(rd_meta_get_int(db, RD_META_RESTORED_UNTIL, &until, err));
	facts->after_backup = until != 0 && facts->received_ms <= until;
	return RD_OK;
}

enum rd_rc rd_guards_may_answer(struct rd_db *db, const struct rd_office *office,
	const char *address, int64_t message_id, struct rd_arena *arena, struct rd_facts *facts,
	struct rd_err *err)
{
	struct rd_message message;
	struct rd_message_row row;
	struct rd_score score;
	const char *ruleset;
	bool erased;
	enum rd_rc rc;

	RD_TRY(look_at_caps(db, &office->config->caps, address, facts, err));
	if (!facts->no_address)
		RD_TRY(rd_contact_opted_out(db, address, &facts->opted_out, err));
	if (message_id == 0)
		return RD_OK;
	RD_TRY(rd_queue_show(db, message_id, arena, &row, err));
	facts->first_seen_ms = row.first_seen_ms;
	rc = rd_reading_get(db, message_id, arena, &message, &score, &ruleset, &erased, err);
	if (rc == RD_E_MISSING)
		return RD_OK; /* never read: a person answers by whatever way there is */
	RD_TRY(rc);
	facts->automatic = message.automatic;
	facts->unauthenticated = message.authentication == RD_AUTHENTICATION_FAILED &&
				 strcasecmp(message.from.address, address) == 0 &&
				 !rd_config_is_staff(office->config, address);
	if (rd_office_is_us(office, address))
		facts->automatic.no_reply_address = true;
	return RD_OK;
}

enum rd_rc rd_guards_case_contact(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_arena *arena, struct rd_facts *facts, struct rd_err *err)
{
	struct rd_facts about = { .received_ms = facts->received_ms, .now_ms = facts->now_ms };
	struct rd_case_contact to;
	int64_t opener;

	RD_TRY(rd_casework_main_contact(db, case_id, arena, &to, err));
	RD_TRY(rd_case_opener(db, case_id, &opener, err));
	RD_TRY(rd_guards_may_answer(db, office, to.address, opener, arena, &about, err));
	facts->case_apart = true;
	facts->case_withheld = rd_automatic_withholds(&about.automatic);
	if (to.channel != RD_BY_EMAIL && to.channel != RD_BY_SMS)
		facts->case_withheld = RD_WITHHELD_NO_ADDRESS;
	else if (facts->case_withheld == RD_WITHHELD_NO)
		facts->case_withheld = about.unauthenticated ? RD_WITHHELD_UNAUTHENTICATED
							     : rd_address_withholds(&about);
	return RD_OK;
}

static enum rd_rc look_for_resident(struct look *look, struct rd_err *err)
{
	struct rd_resident resident;
	size_t n = 0;

	if (look->result->passed.by_staff)
		return RD_OK;
	RD_TRY(rd_resident_known(
		look->db, look->claimed->landlord, look->sender, look->arena, &resident, &n, err));
	if (n > 0)
		look->result->name = resident.name;
	return RD_OK;
}

/* Promise 5: another channel only where the contacts file prefers it. A text whose number has
 * opted out, or takes no texts, is answered by e-mail then. */
static enum rd_rc look_for_other_way(struct look *look, struct rd_err *err)
{
	struct rd_facts *facts = &look->result->facts;
	enum rd_case_channel channel = RD_BY_SMS;
	const char *way = "";

	if (look->claimed->channel != RD_CHANNEL_SMS || look->sender[0] == '\0' ||
		look->result->joined_case != 0 || !(facts->opted_out || facts->no_address))
		return RD_OK;
	RD_TRY(rd_resident_other_way(look->db, look->claimed->landlord, look->sender, "",
		look->arena, &way, &channel, err));
	if (way[0] == '\0' || channel != RD_BY_EMAIL)
		return RD_OK;
	look->result->way = way;
	facts->channel = RD_CHANNEL_EMAIL;
	RD_TRY(rd_contact_opted_out(look->db, way, &facts->opted_out, err));
	return look_at_caps(look->db, &look->office->config->caps, way, facts, err);
}

/* A colleague's mail is about whom it names, or about nobody that is known. */
static void look_for_colleague(struct look *look)
{
	struct rd_guarded *result = look->result;

	rd_staff_look(look->office, look->message, &result->passed);
	if (!result->passed.by_staff)
		return;
	look->about = result->passed.address;
	result->facts.by_staff = true;
	result->facts.names_resident = result->passed.address[0] != '\0';
}

enum rd_rc rd_guards_look(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_claimed *claimed, const struct rd_message *message,
	const struct rd_score *score, struct rd_arena *arena, struct rd_guarded *ret_guarded,
	struct rd_err *err)
{
	struct rd_guarded result = { .now_ms = rd_office_now(office), .name = "", .way = "" };
	struct look look = {
		.tx = tx,
		.db = rd_tx_db(tx),
		.office = office,
		.claimed = claimed,
		.message = message,
		.score = score,
		.arena = arena,
		.result = &result,
		.sender = message != NULL ? message->from.address : claimed->from,
	};

	look.about = look.sender;
	result.facts.channel = claimed->channel;
	result.facts.received_ms = claimed->received_ms;
	result.facts.first_seen_ms = claimed->first_seen_ms;
	result.facts.now_ms = result.now_ms;
	if (message == NULL) {
		result.facts.quarantined = true;
		RD_TRY(look_at_caps(
			look.db, &office->config->caps, look.sender, &result.facts, err));
		*ret_guarded = result;
		return RD_OK;
	}
	result.facts.automatic = message->automatic;
	if (rd_office_is_us(office, look.sender))
		result.facts.automatic.no_reply_address = true;
	result.facts.troubled = rd_message_troubled(message);
	result.facts.nothing_new = message->nothing_new;
	result.facts.score_failed = score == NULL;
	look_for_colleague(&look);
	/* What a colleague writes waits for a person anyway, with a warning (staff.h). */
	result.facts.unauthenticated =
		message->authentication == RD_AUTHENTICATION_FAILED && !result.passed.by_staff;
	/* our offer was not made to a colleague */
	result.facts.says_complaint =
		rd_message_word(message) == RD_WORD_COMPLAINT && !result.passed.by_staff;
	RD_TRY(look_for_guard(&look, err));
	if (result.facts.guard != RD_GUARD_NONE) {
		RD_TRY(look_for_guarded_case(&look, err));
	} else {
		RD_TRY(rd_flood_look(look.db, office, claimed, message, &result, err));
		RD_TRY(look_for_case(&look, err));
		RD_TRY(rd_flood_join(look.db, claimed, message, &result, err));
		RD_TRY(look_at_case(&look, err));
		RD_TRY(look_at_caps(
			look.db, &office->config->caps, look.about, &result.facts, err));
		RD_TRY(look_for_resident(&look, err));
		RD_TRY(look_for_other_way(&look, err));
	}
	*ret_guarded = result;
	return RD_OK;
}
