#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/message/plain.h"
#include "redress/message/reply.h"

static const struct {
	const char *body;
	enum rd_reply reply;
} rows[] = {
	{ "Thank you", RD_REPLY_THANKS },
	{ "THANKS!!", RD_REPLY_THANKS },
	{ "Hi Sam,\n\nThat's great, thank you.\n\nKind regards\nAnn Example", RD_REPLY_THANKS },
	{ "That\xe2\x80\x99s great, thank you.", RD_REPLY_THANKS },
	{ "Diolch yn fawr", RD_REPLY_THANKS },
	{ "Thank you. The tap still leaks.", RD_REPLY_NONE },
	{ "Thanks for nothing", RD_REPLY_NONE },
	{ "Thank you\nbut it is not good enough", RD_REPLY_NONE },
	{ "Thanks \xf0\x9f\x98\xa1", RD_REPLY_NONE },
	{ "Thank you\n\nRegards\nAnn\nPS the tap still leaks and nobody has come to look at it",
		RD_REPLY_NONE },
	{ "Hello\nRegards", RD_REPLY_NONE },
	{ "Yes, that is right.", RD_REPLY_AGREES },
	{ "Dear Sir or Madam\nI agree, thank you", RD_REPLY_AGREES },
	{ "Yes that's correct", RD_REPLY_AGREES },
	{ "Yes, but the roof leaks too", RD_REPLY_NONE },
	{ "I don't agree", RD_REPLY_NONE },
	{ "No, that is not right", RD_REPLY_NONE },
	{ "I would like to withdraw my complaint, thank you.", RD_REPLY_WITHDRAWS },
	{ "Please close my complaint", RD_REPLY_WITHDRAWS },
	{ "I don't want to complain any more.", RD_REPLY_WITHDRAWS },
	{ "I will not withdraw my complaint", RD_REPLY_NONE },
	{ "Please close my complaint when the roof is done", RD_REPLY_NONE },
	{ "Thank you very much, that is all fine now.", RD_REPLY_CONTENT },
	{ "Hello,\nThanks. It's mended now.\nRegards\nMary", RD_REPLY_CONTENT },
	{ "Thank you very much, that is all fine now but the bath leaks.", RD_REPLY_NONE },
	{ "That is all fine now", RD_REPLY_NONE },
	{ "Stage 2 please", RD_REPLY_STAGE2 },
	{ "Please escalate my complaint to stage two.", RD_REPLY_STAGE2 },
	{ "I am not happy with your answer. I want stage 2.", RD_REPLY_STAGE2 },
	{ "What is stage 2?", RD_REPLY_NONE },
	{ "I do not want stage 2", RD_REPLY_NONE },
	{ "Stage 2?", RD_REPLY_NONE },
	{ "Hi please ring me\nThanks", RD_REPLY_NONE },
	{ "Hello nobody came again\nThank you", RD_REPLY_NONE },
	{ "Many thanks\nKind regards\nMary\nPS still leaking badly", RD_REPLY_NONE },
	{ "Many thanks\nKind regards\nstill leaking", RD_REPLY_NONE },
	{ "Many thanks\nKind regards\nMary-Ann O'Hara", RD_REPLY_THANKS },
	{ "Yes\nRegards\nbut not the second part", RD_REPLY_NONE },
	{ "Yes\nRegards but not all", RD_REPLY_NONE },
	{ "Hello dont want\nStage 2", RD_REPLY_NONE },
	{ "Good morning complaints team,\nStage 2", RD_REPLY_STAGE2 },
	{ "", RD_REPLY_NONE },
	{ "   \n\n ", RD_REPLY_NONE },
};

static void a_whole_message_says_one_thing_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_arena *arena = rd_arena_new(1u << 20);
		const struct rd_plain plain = { .channel = RD_CHANNEL_EMAIL,
			.from = "ann@example.com",
			.subject = "",
			.body = rows[i].body,
			.body_len = strlen(rows[i].body) };
		struct rd_message message;
		struct rd_err err = { 0 };
		enum rd_reply reply;

		if (rd_plain_message(&plain, arena, &message, &err) != RD_OK)
			fail_msg("%s", err.msg);
		reply = rd_message_reply(&message);
		if (reply != rows[i].reply)
			fail_msg("`%s` is %s", rows[i].body, rd_reply_names[reply]);
		rd_arena_free(arena);
	}
}

static void only_new_words_count_and_not_too_many(void **state)
{
	char body[RD_REPLY_BYTES_MAX + 1];
	const struct rd_span quoted[] = { { RD_SPAN_NEW, 0, 9 }, { RD_SPAN_QUOTED, 9, 29 } };
	const struct rd_span all_new[] = { { RD_SPAN_NEW, 0, sizeof body } };
	struct rd_message message = { .body = "Thank you\nYour complaint RD\n",
		.body_len = 29,
		.spans = quoted,
		.n_spans = 2 };

	(void)state;
	assert_int_equal(rd_message_reply(&message), RD_REPLY_THANKS);
	message.trouble.cut = true;
	assert_int_equal(rd_message_reply(&message), RD_REPLY_NONE);
	message.trouble.cut = false;
	message.nothing_new = true;
	assert_int_equal(rd_message_reply(&message), RD_REPLY_NONE);
	memset(body, ' ', sizeof body);
	memcpy(body, "thanks", 6);
	message = (struct rd_message){
		.body = body, .body_len = sizeof body, .spans = all_new, .n_spans = 1
	};
	assert_int_equal(rd_message_reply(&message), RD_REPLY_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_message_says_one_thing_or_none),
		cmocka_unit_test(only_new_words_count_and_not_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
