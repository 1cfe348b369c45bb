/* The Ombudsman's details stand in one dated file: every landlord's letters print them, and
 * somebody is told when nobody has looked them up for a year. */
#include <unistd.h>

#include "redress/gateway/health.h"
#include "redress/policy/landlord_check.h"
#include "redress/policy/policy.h"
#include "support/house.h"

static bool noticed(struct house *h)
{
	struct rd_health health;

	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	for (size_t i = 0; i < health.n_notices; i++)
		if (strstr(health.notices[i], "letters/ombudsman.block") != NULL &&
			strstr(health.notices[i], "Sunday 22 November 2026") != NULL)
			return true;
	return false;
}

static bool warned(struct house *h)
{
	const struct rd_policy *policy = rd_live_policy(h->desk.live, "code-2024");
	struct rd_finding findings[RD_FINDINGS_MAX];
	const size_t n =
		rd_landlord_check(&policy->landlord, rd_date_of(h->now_ms), false, findings);

	for (size_t i = 0; i < n; i++)
		if (strncmp(findings[i].text, "letters/ombudsman.block: the Ombudsman", 38) == 0)
			return !findings[i].refuse;
	return false;
}

static void details_older_than_a_year_are_told(void **state)
{
	struct house *h = *state;

	house_at(h, "2027-11-22T12:00:00Z");
	assert_false(noticed(h));
	assert_false(warned(h));
	house_at(h, "2027-11-23T12:00:00Z");
	assert_true(noticed(h));
	assert_true(warned(h));
}

static void write_block(struct house *h, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/letters/ombudsman.block", h->rules);
	if (text == NULL)
		unlink(path);
	else
		house_write(path, text, strlen(text));
}

static enum rd_rc try_folder(struct house *h)
{
	struct rd_rulefiles files;

	RD_TRY(rd_rulefiles_read(h->rules, h->arena, &files, &h->err));
	return rd_policies_check(&files, &h->err);
}

static void one_file_changes_what_every_letter_says(void **state)
{
	struct house *h = *state;
	int64_t id;
	struct rd_outbox_row letter;

	write_block(h, "Ombudsman: Housing Ombudsman Service\nPhone: 0300 999 9999\n"
		       "Post: A new place\nWeb: www.example.org\nChecked on: 2026-11-01\n");
	OK(try_folder(h));
	house_activate(h, h->db);
	house_close(h);
	house_open(h);
	id = house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	letter = house_letter(h, house_case_of(h, id), "acknowledgement");
	assert_true(house_says(h, &letter, "0300 999 9999"));
	assert_true(house_says(h, &letter, "A new place"));
	assert_false(house_says(h, &letter, "0300 111 3000"));
}

static void a_file_that_lacks_them_never_goes_live(void **state)
{
	struct house *h = *state;

	write_block(h, NULL);
	assert_int_equal(try_folder(h), RD_E_MISSING);
	assert_non_null(strstr(h->err.msg, "letters/ombudsman.block"));
	write_block(h, "Ombudsman: Another\nPhone: 1\nPost: 2\nWeb: 3\nChecked on: 2026-11-01\n");
	assert_int_equal(try_folder(h), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "no `Ombudsman: Housing Ombudsman Service`"));
	write_block(h, "Ombudsman: Housing Ombudsman Service\nPhone: 1\nWeb: 3\n");
	assert_int_equal(try_folder(h), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "`Post:` is missing here"));
	write_block(h, "Ombudsman: Housing Ombudsman Service\nFone: 1\n");
	assert_int_equal(try_folder(h), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "letters/ombudsman.block:2:1"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(details_older_than_a_year_are_told),
		house_test(one_file_changes_what_every_letter_says),
		house_test(a_file_that_lacks_them_never_goes_live),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
