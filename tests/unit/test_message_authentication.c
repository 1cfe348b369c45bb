/* Authentication-Results: whose word counts, what it says, and which domains belong together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/message/authentication.h"
#include "redress/message/domain.h"

#define FROM	"jo@shop.example.co.uk"
#define UNKNOWN RD_AUTHENTICATION_UNKNOWN
#define PASSED	RD_AUTHENTICATION_PASSED
#define FAILED	RD_AUTHENTICATION_FAILED

static const struct {
	const char *one, *other;
	bool aligned;
} domains[] = {
	{ "example.co.uk", "example.co.uk", true },
	{ "mail.example.co.uk", "shop.example.co.uk", true },
	{ "EXAMPLE.co.UK.", "example.co.uk", true },
	{ "example.co.uk", "other.co.uk", false },
	{ "co.uk", "example.co.uk", false },
	{ "uk", "example.co.uk", false },
	{ "evilexample.co.uk", "example.co.uk", false },
	{ "leeds.gov.uk", "york.gov.uk", false },
	{ "one.github.io", "two.github.io", false },
	{ "mail.example.org", "example.org", true },
	{ "192.0.2.1", "198.51.2.1", false },
	{ "[192.0.2.1]", "[192.0.2.1]", false },
	{ "", "", false },
	{ "localhost", "localhost", true },
};

static void domains_belong_together_below_a_public_suffix(void **state)
{
	(void)state;
	for (int newest = 0; newest < 2; newest++) {
		for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++)
			if (rd_domain_aligned(domains[i].one, strlen(domains[i].one),
				    domains[i].other) != domains[i].aligned)
				fail_msg("%s and %s", domains[i].one, domains[i].other);
		rd_domain_init(); /* the same by the system's list */
	}
}

static const struct {
	const char *value;
	enum rd_authentication found;
} values[] = {
	{ "mx.example.org; dmarc=pass header.from=shop.example.co.uk", PASSED },
	{ "mx.example.org; dmarc/1=pass (p=reject) header.from=example.co.uk", PASSED },
	{ "mx.example.org; dmarc=pass header.from=other.co.uk", UNKNOWN },
	{ "mx.example.org; dmarc=fail header.from=other.co.uk; spf=pass "
	  "smtp.mailfrom=a@example.co.uk",
		PASSED },
	{ "mx.example.org; dmarc=fail header.from=shop.example.co.uk; spf=pass "
	  "smtp.mailfrom=a@example.co.uk",
		FAILED },
	{ "mx.example.org; dmarc=none; spf=pass smtp.mailfrom=bounce@mail.example.co.uk", PASSED },
	{ "mx.example.org; spf=pass smtp.mailfrom=a@other.co.uk", UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=co.uk", UNKNOWN },
	{ "mx.example.org; dkim=pass header.d=example.co.uk; spf=fail", PASSED },
	{ "mx.example.org; dkim=pass header.i=@news.example.co.uk", PASSED },
	{ "mx.example.org; dkim=fail header.d=example.co.uk; spf=fail", FAILED },
	{ "mx.example.org; spf=fail smtp.mailfrom=a@example.co.uk", FAILED },
	/* no explicit failure */
	{ "mx.example.org; spf=softfail smtp.mailfrom=a@example.co.uk", UNKNOWN },
	{ "mx.example.org; spf=neutral; dkim=none; dmarc=none", UNKNOWN },
	{ "mx.example.org; spf=temperror; dkim=temperror; dmarc=temperror", UNKNOWN },
	{ "mx.example.org; spf=permerror; dkim=policy; dmarc=permerror", UNKNOWN },
	{ "mx.example.org; none", UNKNOWN },
	{ "mx.example.org; dmarc=bestguesspass action=none header.from=example.co.uk", UNKNOWN },
	{ "mx.example.org; arc=fail; compauth=fail reason=001; iprev=fail", UNKNOWN },
	/* what may be the sender's own words */
	{ "mx.example.org; dkim=pass (header.d=example.co.uk) header.d=evil.example", UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=\"x header.d=example.co.uk\"@evil.example",
		UNKNOWN },
	{ "mx.example.org; spf=pass reason=\"header.d=example.co.uk\" header.d=evil.example",
		UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=\"x; dmarc=pass y\"@evil.example; dmarc=fail "
	  "header.from=shop.example.co.uk",
		FAILED },
	{ "mx.example.org; spf=pass smtp.mailfrom=\"x\\\"; dmarc=pass y\"@evil.example; dmarc=fail",
		FAILED },
	{ "mx.example.org; spf=pass (of x\\); dmarc=pass y) smtp.mailfrom=evil.example; dmarc=fail",
		FAILED },
	{ "mx.example.org; spf=pass (of \") smtp.mailfrom=evil.example; dmarc=fail", FAILED },
	{ "mx.example.org; spf=pass (\\) header.d=example.co.uk y) smtp.mailfrom=evil.example",
		UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=\"x@example.co.uk y\"@evil.example", UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=\"x y\"@example.co.uk (z)", PASSED },
	{ "mx.example.org; spf=pass smtp.mailfrom=\"x; dmarc=pass", UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=x\"@evil.example; dmarc=fail", FAILED },
	{ "mx.example.org; spf=pass (of x( at evil.example); dmarc=fail; dkim=pass "
	  "header.d=example.co.uk",
		FAILED },
	{ "mx.example.org; dmarc=pass; spf=pass smtp.mailfrom=x\"@evil.example; dmarc=fail",
		PASSED },
	{ "mx.example.org; spf=pass smtp.helo=(;dmarc=pass) smtp.mailfrom=evil.example", UNKNOWN },
	{ "mx.example.org; spf=pass xheader.d=example.co.uk", UNKNOWN },
	{ "mx.example.org; spf=pass smtp.mailfrom=", UNKNOWN },
	{ "mx.example.org; dmarc=", UNKNOWN },
	{ "\"", UNKNOWN },
};

static void a_header_says_pass_fail_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		if (rd_authentication_read(values[i].value, FROM) != values[i].found)
			fail_msg("%s", values[i].value);
	assert_int_equal(rd_authentication_read("mx; dmarc=pass", "no address"), UNKNOWN);
}

#define MS_PASS "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.co.uk; dmarc=pass"
#define MS_FAIL "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=example.co.uk; dmarc=fail"

static const char *const one_server[] = { "mx.example.org" };

static const struct {
	const char *why;
	enum rd_results_of trust;
	struct rd_result_header headers[3];
	enum rd_authentication found;
} mails[] = {
	{ "nothing is said: a pass may be the sender's own", RD_TRUST_TOPMOST_DOUBTS,
		{ { "mx.example.org; dmarc=pass", false } }, UNKNOWN },
	{ "nothing is said: a failure counts", RD_TRUST_TOPMOST_DOUBTS,
		{ { "mx.example.org; dmarc=fail", false } }, FAILED },
	{ "nothing is said: the topmost alone", RD_TRUST_TOPMOST_DOUBTS,
		{ { "a.example; dmarc=pass", false }, { "b.example; dmarc=fail", true } },
		UNKNOWN },
	{ "Microsoft 365", RD_TRUST_TOPMOST, { { MS_PASS, false } }, PASSED },
	{ "Microsoft 365, forged below", RD_TRUST_TOPMOST,
		{ { MS_FAIL, false }, { MS_PASS, false } }, FAILED },
	{ "Microsoft 365, forged right below", RD_TRUST_TOPMOST,
		{ { "spf=fail smtp.mailfrom=example.co.uk; dkim=none; dmarc=none", false },
			{ MS_PASS, true } },
		FAILED },
	{ "the named server's", RD_TRUST_NAMED, { { "MX.example.org 1; dmarc=pass", false } },
		PASSED },
	{ "the named server's with a comment before it", RD_TRUST_NAMED,
		{ { "(x) mx.example.org (y); dmarc=pass", false } }, PASSED },
	{ "another server's", RD_TRUST_NAMED, { { "mx.evil.example; dmarc=pass", false } },
		UNKNOWN },
	{ "one without a name", RD_TRUST_NAMED, { { MS_PASS, false } }, UNKNOWN },
	{ "a longer name", RD_TRUST_NAMED, { { "mx.example.org.evil.example; dmarc=pass", false } },
		UNKNOWN },
	{ "the named one below another's", RD_TRUST_NAMED,
		{ { "list.example; dmarc=fail", false }, { "mx.example.org; dmarc=pass", false } },
		PASSED },
	{ "two filters of one server", RD_TRUST_NAMED,
		{ { "mx.example.org; spf=fail", false },
			{ "mx.example.org; dkim=pass header.d=example.co.uk", true } },
		PASSED },
	{ "its name in a header apart from its own", RD_TRUST_NAMED,
		{ { "mx.example.org; spf=fail", false },
			{ "mx.example.org; dkim=pass header.d=example.co.uk", false } },
		FAILED },
	{ "nobody's", RD_TRUST_NOBODY, { { "mx.example.org; dmarc=fail", false } }, UNKNOWN },
};

static void whose_word_counts_is_said_by_the_configuration(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
		const struct rd_origin origin = {
			.trust = mails[i].trust, .trusted = one_server, .n_trusted = 1
		};
		size_t n = 0;

		while (n < 3 && mails[i].headers[n].value != NULL)
			n++;
		if (rd_authentication_of(mails[i].headers, n, &origin, FROM) != mails[i].found)
			fail_msg("%s", mails[i].why);
	}
	assert_int_equal(rd_authentication_of(NULL, 0, NULL, FROM), UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_belong_together_below_a_public_suffix),
		cmocka_unit_test(a_header_says_pass_fail_or_nothing),
		cmocka_unit_test(whose_word_counts_is_said_by_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
