/* Residents: found by what they write from, brought up to date, dropped, erased for good. */
#include "support/store_world.h"

#include "redress/store/audit.h"
#include "redress/store/erasure.h"
#include "redress/store/residents.h"

#define WELSH RD_LANGUAGE_WELSH

static struct rd_resident ada(void)
{
	return (struct rd_resident){ .landlord = "code-2024",
		.reference = "",
		.name = "Ada Example",
		.email = "ada@example.org",
		.phone = "+447700900123",
		.address = "1 High Street",
		.prefers = RD_PREFERS_SMS,
		.language = WELSH,
		.adjustments = "large print",
		.restrictions = "one call a week",
		.restrictions_until = { 2027, 3, 31 },
		.tenure = "general needs" };
}

static enum rd_resident_put put(
	struct store_world *w, const struct rd_resident *r, int64_t at_ms, bool bring_back)
{
	enum rd_resident_put would = RD_RESIDENT_ADDED, did = RD_RESIDENT_ADDED;

	OK(rd_resident_would_put(w->db, r, bring_back, &would, &w->err));
	TX(rd_resident_put(tx, r, at_ms, bring_back, &did, &w->err));
	assert_int_equal(would, did);
	return did;
}

static size_t known(struct store_world *w, const char *contact, struct rd_resident *r)
{
	size_t n = 0;

	OK(rd_resident_known(w->db, "code-2024", contact, w->arena, r, &n, &w->err));
	return n;
}

static void found_by_address_and_number_however_written(void **state)
{
	static const char *const ways[] = { "ada@example.org", " ADA@Example.org", "+447700900123",
		"07700 900123", "447700900123" };
	struct store_world *w = *state;
	const struct rd_resident her = ada();
	struct rd_resident r;
	size_t n = 0;

	assert_int_equal(put(w, &her, NOW_MS, false), RD_RESIDENT_ADDED);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		if (known(w, ways[i], &r) != 1)
			fail_msg("not found by [%s]", ways[i]);
		assert_string_equal(r.name, "Ada Example");
		assert_string_equal(r.address, "1 High Street");
		assert_int_equal(r.prefers, RD_PREFERS_SMS);
		assert_string_equal(r.language, WELSH);
		assert_string_equal(r.adjustments, "large print");
		assert_string_equal(r.restrictions, "one call a week");
		assert_int_equal(r.restrictions_until.day, 31);
		assert_string_equal(r.tenure, "general needs");
	}
	assert_int_equal(known(w, "bo@example.org", &r), 0);
	assert_int_equal(known(w, "", &r), 0);
	OK(rd_resident_known(w->db, "one-housing", her.email, w->arena, &r, &n, &w->err));
	assert_int_equal(n, 0); /* another landlord's residents are not looked at */
}

static void a_second_file_brings_up_to_date(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), r;
	int64_t n = 0;

	put(w, &her, NOW_MS, false);
	assert_int_equal(put(w, &her, NOW_MS + 1, false), RD_RESIDENT_SAME);
	her.phone = "+447700900124";
	her.adjustments = "";
	assert_int_equal(put(w, &her, NOW_MS + 2, false), RD_RESIDENT_CHANGED);
	assert_int_equal(known(w, "07700900123", &r), 0);
	assert_int_equal(known(w, "07700900124", &r), 1);
	assert_string_equal(r.adjustments, "");
	her.reference = "T-17"; /* the same person, with a reference from now on */
	assert_int_equal(put(w, &her, NOW_MS + 3, false), RD_RESIDENT_CHANGED);
	her.email = "ada.new@example.org";
	assert_int_equal(put(w, &her, NOW_MS + 4, false), RD_RESIDENT_CHANGED);
	OK(rd_residents_count(w->db, "code-2024", &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(known(w, "ada@example.org", &r), 0);
}

static void who_was_known_by_a_number_may_get_an_address(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), him = ada(), r;

	her.email = "";
	put(w, &her, NOW_MS, false);
	him.name = "Bo Example"; /* of the same number */
	him.email = "bo@example.org";
	assert_int_equal(put(w, &him, NOW_MS + 1, false), RD_RESIDENT_ADDED);
	her.email = "ada@example.org";
	assert_int_equal(put(w, &her, NOW_MS + 2, false), RD_RESIDENT_CHANGED);
	assert_int_equal(known(w, "07700900123", &r), 2);
}

static void another_way_is_what_the_file_prefers_and_nothing_else(void **state)
{
	static const struct {
		enum rd_prefers prefers;
		const char *tried, *way;
	} ways[] = {
		{ RD_PREFERS_SMS, "ada@example.org", "+447700900123" },
		{ RD_PREFERS_SMS, "07700 900123", "" },
		{ RD_PREFERS_EMAIL, "+447700900123", "ada@example.org" },
		{ RD_PREFERS_EMAIL, "ADA@example.org", "" },
		{ RD_PREFERS_POST, "ada@example.org", "" },
		{ RD_PREFERS_PHONE, "ada@example.org", "" },
		{ RD_PREFERS_NOTHING, "ada@example.org", "" },
		{ RD_PREFERS_EMAIL, "bo@example.org", "" },
	};
	static const struct {
		const char *name;
		bool hers;
	} names[] = {
		{ "Ada Example", true },
		{ "EXAMPLE, Ada", true },
		{ "Mrs Ada Example", true },
		{ "ada", true },
		{ "-", true },
		{ "Bo Example", false },
		{ "Adam Example", false },
		{ "Bo", false },
	};
	struct store_world *w = *state;
	struct rd_resident her = ada(), him = ada();
	enum rd_case_channel channel = RD_BY_OTHER;
	const char *way;

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		her.prefers = ways[i].prefers;
		put(w, &her, NOW_MS, false);
		OK(rd_resident_other_way(
			w->db, "code-2024", ways[i].tried, "", w->arena, &way, &channel, &w->err));
		assert_string_equal(way, ways[i].way);
		if (way[0] != '\0')
			assert_int_equal(
				channel, strchr(way, '@') != NULL ? RD_BY_EMAIL : RD_BY_SMS);
	}
	/* Nor to somebody else of the household who writes from that address. */
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		her.prefers = RD_PREFERS_SMS;
		put(w, &her, NOW_MS, false);
		OK(rd_resident_other_way(w->db, "code-2024", her.email, names[i].name, w->arena,
			&way, &channel, &w->err));
		if ((way[0] != '\0') != names[i].hers)
			fail_msg("[%s]", names[i].name);
	}
	/* Who shares a number may be anybody: nothing of one goes to another. */
	her.prefers = RD_PREFERS_EMAIL;
	put(w, &her, NOW_MS, false);
	him.reference = "2";
	him.email = "him@example.org";
	put(w, &him, NOW_MS, false);
	OK(rd_resident_other_way(
		w->db, "code-2024", her.phone, "", w->arena, &way, &channel, &w->err));
	assert_string_equal(way, "");
}

static int64_t open_case(struct store_world *w, const char *address)
{
	const struct rd_case_new new_case = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.address = address,
		.name = "",
		.received_ms = NOW_MS,
		.opened_ms = NOW_MS,
		.outcome = "",
		.subject = "" };
	int64_t id = 0;

	TX(rd_case_open(tx, &new_case, &id, &w->err));
	return id;
}

static int64_t drop(struct store_world *w, int64_t before_ms)
{
	int64_t n = 0;

	TX(rd_residents_drop(tx, "code-2024", before_ms, 10, &n, &w->err));
	return n;
}

static void who_is_on_an_open_or_held_case_is_not_dropped(void **state)
{
	struct store_world *w = *state;
	const struct rd_resident her = ada();
	struct rd_resident r;
	int64_t n = 0, kept = 0, id;

	put(w, &her, NOW_MS, false);
	assert_int_equal(drop(w, NOW_MS), 0); /* named just now */
	id = open_case(w, "+447700900123");   /* by her other address */
	assert_int_equal(drop(w, NOW_MS + 1), 0);
	OK(rd_residents_old(w->db, "code-2024", NOW_MS + 1, &n, &kept, &w->err));
	assert_int_equal(n, 0);
	assert_int_equal(kept, 1);
	TX(rd_case_set_status(tx, id, RD_STATUS_CLOSED, "done", NOW_MS, &w->err));
	TX(rd_legal_hold_set(tx, id, "pat", "claim", NOW_MS, &w->err));
	assert_int_equal(drop(w, NOW_MS + 1), 0);
	TX(rd_legal_hold_end(tx, id, &w->err));
	assert_int_equal(drop(w, NOW_MS + 1), 1);
	assert_int_equal(known(w, her.email, &r), 0);
}

static void erase(struct store_world *w, const char *contact, int64_t *ret_n)
{
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(w->db, &tx, &w->err));
	struct rd_erasure erasure = RD_ERASURE(tx, NOW_MS);
	OK(rd_erase_resident(&erasure, contact, ret_n, &w->err));
	OK(rd_erasure_keep(&erasure, &w->err));
	rd_erasure_end(&erasure);
	OK(rd_tx_commit(&tx, &w->err));
}

static void who_was_erased_comes_in_again_by_a_persons_word_alone(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), r;
	int64_t n = 0;

	put(w, &her, NOW_MS, false);
	erase(w, "07700 900123", &n);
	assert_int_equal(n, 1);
	OK(rd_residents_count(w->db, NULL, &n, &w->err));
	assert_int_equal(n, 0);
	assert_int_equal(put(w, &her, NOW_MS + 1, false), RD_RESIDENT_ERASED);
	her.reference = "T-17"; /* under another name, by the same address */
	assert_int_equal(put(w, &her, NOW_MS + 1, false), RD_RESIDENT_ERASED);
	assert_int_equal(known(w, her.email, &r), 0);
	assert_int_equal(put(w, &her, NOW_MS + 2, true), RD_RESIDENT_ADDED);
	assert_int_equal(put(w, &her, NOW_MS + 3, false), RD_RESIDENT_SAME);
}

static void who_was_erased_does_not_come_in_again_by_their_number(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), by_number = ada(), him = ada();
	int64_t n = 0;

	by_number.email = "";
	put(w, &her, NOW_MS, false);
	erase(w, her.email, &n);
	assert_int_equal(put(w, &by_number, NOW_MS + 1, false), RD_RESIDENT_ERASED);
	by_number.name = "ADA Example";
	assert_int_equal(put(w, &by_number, NOW_MS + 1, false), RD_RESIDENT_ERASED);
	him.name = "Bo Example"; /* of the same number: another person */
	him.email = "";
	assert_int_equal(put(w, &him, NOW_MS + 1, false), RD_RESIDENT_ADDED);
	/* And who was known by it alone does not by an address. */
	by_number.phone = "+447700900124";
	put(w, &by_number, NOW_MS + 2, true);
	erase(w, by_number.phone, &n);
	by_number.email = "ada.new@example.org";
	assert_int_equal(put(w, &by_number, NOW_MS + 3, false), RD_RESIDENT_ERASED);
	assert_int_equal(put(w, &by_number, NOW_MS + 4, true), RD_RESIDENT_ADDED);
	assert_int_equal(put(w, &by_number, NOW_MS + 5, false), RD_RESIDENT_SAME);
}

static void a_restored_backup_brings_nobody_back(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), him = ada();
	int64_t n = 0;

	him.name = "Bo Example"; /* of her number */
	him.email = "him@example.org";
	put(w, &her, NOW_MS, false);
	erase(w, her.email, &n);
	put(w, &him, NOW_MS, false);
	put(w, &her, NOW_MS, true); /* as a backup of before has it, its keys not yet there */
	OK(rd_erasure_apply(w->db, w->path, NOW_MS, &n, &w->err));
	assert_int_equal(n, 1);
	OK(rd_residents_count(w->db, NULL, &n, &w->err));
	assert_int_equal(n, 1);
}

static void from_people_who_share_a_number_only_the_number_is_taken(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), him = ada(), r;
	int64_t n = 0;

	her.reference = "1";
	him.reference = "2";
	him.email = "";
	him.adjustments = "ring first";
	put(w, &her, NOW_MS, false);
	put(w, &him, NOW_MS, false);
	erase(w, "07700900123", &n);
	assert_int_equal(n, 2);
	assert_int_equal(known(w, "07700900123", &r), 0);
	assert_int_equal(known(w, her.email, &r), 1);
	assert_string_equal(r.phone, "");
	assert_int_equal(r.prefers, RD_PREFERS_NOTHING); /* it was the number */
	assert_int_equal(put(w, &him, NOW_MS + 1, false), RD_RESIDENT_ADDED);
}

static void of_people_who_share_an_address_no_restriction_is_lost_in_anothers(void **state)
{
	static const char *const says[] = { "no calls at night", "calls", "no calls",
		"no calls at night", "calls" };
	struct store_world *w = *state;
	struct rd_resident r = ada();

	for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
		char reference[24];

		snprintf(reference, sizeof reference, "%zu", i);
		r = ada();
		r.reference = reference;
		r.restrictions = says[i];
		put(w, &r, NOW_MS, false);
	}
	assert_int_equal(known(w, "ada@example.org", &r), 5);
	assert_string_equal(r.restrictions, "no calls at night\ncalls\nno calls");
}

static void lists_can_be_narrowed(void **state)
{
	struct store_world *w = *state;
	struct rd_resident her = ada(), him = ada(), *list;
	struct rd_resident_filter filter = { .restricted = true };
	size_t n = 0;

	him.email = "him@example.org";
	him.restrictions = "";
	him.restrictions_until = (struct rd_date){ 0 };
	put(w, &her, NOW_MS, false);
	put(w, &him, NOW_MS, false);
	OK(rd_residents_list(w->db, &filter, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	filter = (struct rd_resident_filter){ .landlord = "one-housing" };
	OK(rd_residents_list(w->db, &filter, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
	filter = (struct rd_resident_filter){ .adjusted = true };
	OK(rd_residents_list(w->db, &filter, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(found_by_address_and_number_however_written),
		T(a_second_file_brings_up_to_date),
		T(who_was_known_by_a_number_may_get_an_address),
		T(another_way_is_what_the_file_prefers_and_nothing_else),
		T(who_is_on_an_open_or_held_case_is_not_dropped),
		T(who_was_erased_comes_in_again_by_a_persons_word_alone),
		T(who_was_erased_does_not_come_in_again_by_their_number),
		T(a_restored_backup_brings_nobody_back),
		T(from_people_who_share_a_number_only_the_number_is_taken),
		T(of_people_who_share_an_address_no_restriction_is_lost_in_anothers),
		T(lists_can_be_narrowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
