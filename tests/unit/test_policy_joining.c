#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/decisions.h"

/* What a message that joins a case becomes. */
static const struct decisions_row rows[] = {
	/* Promise 5: withheld, never silent. */
	{ "a held case: what joins it gets no letter either",
		"enquiry joins:service_request known "
		"held",
		"joined enquiry none open withheld:safeguarding safeguarding@2026-11-20 "
		"read@2026-11-23 hold to-case" },
	{ "a complaint on a held case is held too", "complaint joins:service_request known held",
		"opened complaint stage1 open withheld:safeguarding safeguarding@2026-11-20 "
		"define@2026-11-27 acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 "
		"+stage1.define@2026-11-27 hold linked" },

	/* What colleagues pass on. */
	{ "what a colleague adds to a case is read, and the resident gets no letter for it",
		"enquiry staff names joins:complaint",
		"joined enquiry stage1 open withheld:staff read@2026-11-23 to-case" },
	{ "the complaint that grows from it has its letter, which waits",
		"complaint staff names joins:service_request",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"resident@2026-11-23 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 "
		"+stage1.respond@letter meets waits linked to-case" },
	{ "the choice is not offered to a colleague",
		"complaint asks_not_formal staff joins:service_request",
		"joined complaint none open withheld:staff review@2026-11-23 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 review to-case" },

	/* Promise 10: joining. */
	{ "what joins gets `added`, to the address on the case, and is read",
		"enquiry joins:complaint known",
		"joined enquiry stage1 open added read@2026-11-23 to-case" },
	{ "but not where the case's own contact takes no replies",
		"enquiry joins:complaint known case:no_reply",
		"joined enquiry stage1 open withheld:no_reply read@2026-11-23 to-case" },
	{ "a stranger's opt-out is not the case's", "enquiry joins:complaint optedout case:no",
		"joined enquiry stage1 open added read@2026-11-23 to-case" },
	{ "a complaint to be answered to the case whose contact opted out is a person's",
		"complaint joins:service_request case:opted_out",
		"opened complaint stage1 open withheld:opted_out define@2026-11-27 "
		"acknowledge@2026-11-27 +stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 "
		"linked to-case" },
	{ "a known sender's own complaint asks nobody else",
		"complaint joins:service_request known case:opted_out",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets linked" },
	{ "a machine that joins makes us write to nobody",
		"enquiry joins:complaint automatic case:no",
		"joined enquiry stage1 open withheld:automatic read@2026-11-23 to-case" },
	{ "at most once a day", "enquiry joins:complaint known addedtoday",
		"joined enquiry stage1 open withheld:once_a_day read@2026-11-23 to-case" },
	{ "but danger is answered again", "enquiry joins:complaint known addedtoday heat_loss",
		"joined enquiry stage1 open added urgent@2026-11-20 read@2026-11-23 heat-block "
		"to-case" },
	{ "its flags act at once: safeguarding", "enquiry joins:complaint known safeguarding",
		"joined enquiry stage1 open withheld:safeguarding safeguarding@2026-11-20 "
		"read@2026-11-23 hold to-case" },
	{ "a later text says nothing of the matter",
		"enquiry joins:complaint known sms answeredtext",
		"joined enquiry stage1 open later read@2026-11-23 to-case" },
	{ "thanks at the end join and are no compliment letter", "compliment joins:complaint known",
		"joined compliment stage1 open added read@2026-11-23 to-case" },
	{ "even `other` joins", "other joins:complaint known",
		"joined other stage1 open added read@2026-11-23 to-case" },
	{ "more of the same complaint joins it", "complaint joins:complaint known",
		"joined complaint stage1 open added read@2026-11-23 to-case" },
	{ "on a service request a complaint opens the linked case, received that day",
		"complaint joins:service_request known",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked" },
	{ "from an address new to the case the letter goes to the one on it",
		"complaint joins:service_request",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked to-case" },
	{ "a second linked complaint is for a person",
		"complaint joins:service_request known "
		"haslinked",
		"joined complaint none open added review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "unsure on a service request: review, and its clock runs",
		"complaint unsure "
		"joins:service_request known",
		"joined complaint none open added review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "unsure on a complaint: review, the clock runs already",
		"enquiry unsure joins:complaint "
		"known",
		"joined enquiry stage1 open added review@2026-11-23 review to-case" },
	{ "nothing formal on a request: no linked case yet, and the choice is offered",
		"complaint asks_not_formal joins:service_request known addedtoday",
		"joined complaint none open choice review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "the choice is offered once a day",
		"complaint asks_not_formal joins:service_request known choicetoday addedtoday",
		"joined complaint none open withheld:once_a_day review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "where the case began with it, what joins is added",
		"complaint asks_not_formal joins:complaint underreview known choicetoday",
		"joined complaint stage1 review added review@2026-11-23 review to-case" },
	{ "by text the choice is a matter: not named",
		"complaint asks_not_formal "
		"joins:service_request known sms answeredtext",
		"joined complaint none open later review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "by mail on a case whose letters go to a number neither",
		"complaint asks_not_formal joins:service_request known textcase answeredtext",
		"joined complaint none open later review@2026-11-23 +stage1.acknowledge@2026-11-27 "
		"review to-case" },
	{ "by text on a case whose letters go by mail it is",
		"complaint asks_not_formal joins:service_request sms mailcase",
		"joined complaint none open choice review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 review to-case" },
	{ "stage 2 asked for on an answered complaint",
		"complaint stage2_request joins:complaint "
		"known answered",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "unhappy with the answer is enough (Code 6.10)",
		"complaint joins:complaint known answered",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "a reply COMPLAINT to the offer opens the linked complaint with the request's topics",
		"service_request notopic says_complaint joins:service_request known casetopic",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked" },
	{ "by text the same",
		"other notopic says_complaint joins:service_request known casetopic "
		"sms answeredtext",
		"opened complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"linked" },
	{ "COMPLAINT where the request named no topic: a person acknowledges",
		"other notopic says_complaint joins:service_request known",
		"opened complaint stage1 open received define@2026-11-27 acknowledge@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 linked" },
	{ "COMPLAINT on a case under review: it becomes one, its clock from its receipt",
		"other notopic says_complaint joins:service_request known underreview casetopic",
		"joined complaint stage1 open acknowledgement define@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 +stage1.respond@letter "
		"meets "
		"begins to-case" },
	{ "by text too, but it says nothing of the matter where the number was answered",
		"other notopic says_complaint joins:service_request known underreview casetopic "
		"sms answeredtext",
		"joined complaint stage1 open later define@2026-11-25 acknowledge@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 begins to-case" },
	{ "by mail too, where the case's letters go to that number",
		"other notopic says_complaint joins:service_request known underreview casetopic "
		"textcase answeredtext",
		"joined complaint stage1 open later define@2026-11-25 acknowledge@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 begins to-case" },
	{ "its first answer by text names the topics",
		"other notopic says_complaint joins:service_request known underreview casetopic "
		"sms",
		"joined complaint stage1 open acknowledgement define@2026-11-25 "
		"+stage1.acknowledge@2026-11-25 +stage1.define@2026-11-25 +stage1.respond@letter "
		"meets begins to-case" },
	{ "COMPLAINT where nothing formal was wanted: stage 1 begins now",
		"other notopic says_complaint joins:complaint known underreview casetopic informal",
		"joined complaint stage1 open acknowledgement define@2026-11-27 "
		"+stage1.acknowledge@2026-11-27 +stage1.define@2026-11-27 +stage1.respond@letter "
		"meets "
		"begins to-case" },
	{ "a stranger's COMPLAINT with the right code begins nothing: a person decides",
		"other notopic says_complaint joins:service_request underreview casetopic",
		"joined complaint none review added review@2026-11-23 review to-case" },
	{ "on a complaint that wants nothing formal too",
		"other notopic says_complaint joins:complaint underreview casetopic informal",
		"joined complaint stage1 review added review@2026-11-23 review to-case" },
	{ "COMPLAINT on an open complaint changes nothing",
		"other notopic says_complaint "
		"joins:complaint known",
		"joined complaint stage1 open added read@2026-11-23 to-case" },

	/* One of too many: nothing is set going, and what names a case is read there; what joins
	 * nothing is together in a case of its own, under review. */
	{ "where that case is there it is all there", "complaint flood together joins:complaint",
		"joined complaint stage1 open withheld:rate_cap to-case" },
	{ "a word to the resident's own case is read there", "enquiry flood joins:complaint known",
		"joined enquiry stage1 open withheld:rate_cap read@2026-11-23 to-case" },
	{ "and `other` too", "other flood joins:complaint known",
		"joined other stage1 open withheld:rate_cap read@2026-11-23 to-case" },
	{ "a complaint about a request opens none, a person decides",
		"complaint flood joins:service_request known",
		"joined complaint none open withheld:rate_cap review@2026-11-23 "
		"+stage1.acknowledge@2026-11-27 review to-case" },
	{ "COMPLAINT begins none",
		"other flood says_complaint joins:service_request known "
		"underreview casetopic",
		"joined complaint none review withheld:rate_cap review@2026-11-23 review "
		"to-case" },
	{ "nor does stage 2, but its day is kept",
		"other flood joins:complaint known answered mayescalate reply:stage2",
		"joined other stage1 answered withheld:rate_cap review@2026-11-23 "
		"stage2@2026-11-27 review to-case" },
	{ "unhappy with the answer is a person's as ever",
		"complaint flood joins:complaint known answered",
		"joined complaint stage1 answered withheld:rate_cap review@2026-11-23 "
		"stage2@2026-11-27 review to-case" },

	/* Promise 3: the same mail with another body. */
	{ "a second body joins the first one's case and is shown to a person",
		"complaint second joins:service_request known",
		"joined complaint none open withheld:second_body read@2026-11-23 to-case" },

	/* Replies to letters about a complaint. */
	{ "stage 2 in so many words, after the answer",
		"other reply:stage2 joins:complaint answered mayescalate known",
		"joined other stage2 open stage2_asked to-case escalates" },
	{ "a complaint that is sure to ask for it",
		"complaint stage2_request asks2 joins:complaint answered mayescalate known",
		"joined complaint stage2 open stage2_asked to-case escalates" },
	{ "that the rules only think so is for a person",
		"complaint stage2_request joins:complaint answered mayescalate known",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "an unsure one is a person's",
		"complaint unsure stage2_request asks2 joins:complaint answered mayescalate known",
		"joined complaint stage1 answered added review@2026-11-23 stage2@2026-11-27 review "
		"to-case" },
	{ "before the answer it is a person's", "other reply:stage2 joins:complaint known",
		"joined other stage1 open added read@2026-11-23 to-case" },
	{ "a stranger's", "other reply:stage2 joins:complaint answered mayescalate",
		"joined other stage1 answered added read@2026-11-23 to-case" },
	{ "a colleague's", "other reply:stage2 joins:complaint answered mayescalate known staff",
		"joined other stage1 answered withheld:staff read@2026-11-23 to-case" },
	{ "a sender who may be another",
		"other reply:stage2 joins:complaint answered mayescalate known unauthenticated",
		"joined other stage1 answered withheld:unauthenticated read@2026-11-23 to-case" },
	{ "thanks ask for nothing", "compliment reply:thanks joins:complaint answered known",
		"joined compliment stage1 answered no_letter to-case" },
	{ "however unsure the rules are of it", "other unsure reply:thanks joins:complaint known",
		"joined other stage1 open no_letter to-case" },
	{ "that all is well opens no closed case again",
		"other unsure reply:content joins:complaint closed known",
		"joined other stage1 closed no_letter to-case" },
	{ "that all is well may end one that runs: it is read",
		"other unsure reply:content joins:complaint known",
		"joined other stage1 open added review@2026-11-23 review to-case" },
	{ "thanks with a picture are read", "other reply:thanks pictures joins:complaint known",
		"joined other stage1 open added review@2026-11-23 review to-case" },
	{ "thanks on another case are read", "other reply:thanks joins:service_request known",
		"joined other none open added read@2026-11-23 to-case" },
	{ "a yes to the definition", "other reply:agrees joins:complaint definitionopen known",
		"joined other stage1 open agree to-case agrees" },
	{ "a yes to nothing", "other reply:agrees joins:complaint known",
		"joined other stage1 open added read@2026-11-23 to-case" },
	{ "a withdrawal is for a person to believe", "other reply:withdraws joins:complaint known",
		"joined other stage1 open added review@2026-11-23 review to-case" },
};

static void every_promise_that_decides_holds(void **state)
{
	decisions_hold(*state, rows, sizeof rows / sizeof rows[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_promise_that_decides_holds, decisions_setup, decisions_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
