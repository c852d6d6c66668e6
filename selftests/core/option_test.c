// SPDX-License-Identifier: GPL-2.0
/* Options: parsing whatever a peer may send, and writing our own. */
#include <kselftest_harness.h>

#include "option.h"

#define EOL	0
#define NOP	1
#define MSS	2

/*
 * Parses a copy that ends where its memory ends, so that the address sanitizer
 * sees one octet too many.
 */
static int parse(const u8 *opt, unsigned int len, struct mytcp_options *out)
{
	u8 *copy = malloc(len);
	int ret;

	if (len)
		memcpy(copy, opt, len);
	memset(out, 0xa5, sizeof(*out));
	ret = mytcp_option_parse(copy, len, out);
	free(copy);
	return ret;
}

#define PARSE(out, ...) ({						\
	static const u8 _bytes[] = { __VA_ARGS__ };			\
	parse(_bytes, sizeof(_bytes), out);				\
})

TEST(no_options_at_all_leave_every_option_absent)
{
	struct mytcp_options out;

	EXPECT_EQ(0, parse(NULL, 0, &out));
	EXPECT_EQ(0, out.mss);
}

TEST(MUST_4_eol_nop_and_mss_are_understood)
{
	struct mytcp_options out;

	EXPECT_EQ(0, PARSE(&out, NOP, NOP, MSS, 4, 0x05, 0xb4, NOP, EOL));
	EXPECT_EQ(1460, out.mss);
}

TEST(MUST_64_an_option_stands_at_any_alignment)
{
	u8 bytes[MYTCP_OPTIONS_MAX];
	struct mytcp_options out;
	unsigned int at;

	for (at = 0; at + 4 <= sizeof(bytes); at++) {
		memset(bytes, NOP, sizeof(bytes));
		bytes[at] = MSS;
		bytes[at + 1] = 4;
		bytes[at + 2] = 0x12;
		bytes[at + 3] = 0x34;
		EXPECT_EQ(0, parse(bytes, sizeof(bytes), &out));
		EXPECT_EQ(0x1234, out.mss) TH_LOG("MSS at octet %u", at);
		EXPECT_EQ(0, parse(bytes, at + 4, &out));
		EXPECT_EQ(0x1234, out.mss) TH_LOG("MSS at the end, %u", at);
	}
}

static bool same(const struct mytcp_options *a, const struct mytcp_options *b)
{
	return a->mss == b->mss && a->has == b->has && a->wscale == b->wscale &&
	       a->nr_sack == b->nr_sack && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr;
}

/* Behind padding it is no longer what is known by its looks. */
TEST(the_options_of_the_usual_syn_mean_the_same_behind_padding)
{
	static const u8 usual[20] = {
		MSS, 4, 0, 0, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, NOP, 3, 3, 0,
	};
	static const u8 values[] = { 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 19 };
	struct mytcp_options out, padded;
	u8 bytes[4 + sizeof(usual)] = { NOP, NOP, NOP, NOP };
	unsigned int i, n;

	srand(1);
	for (n = 0; n < 200000; n++) {
		memcpy(bytes + 4, usual, sizeof(usual));
		for (i = 0; i < sizeof(values); i++)
			bytes[4 + values[i]] = rand();
		/* Every other one has something else somewhere. */
		if (n % 2)
			bytes[4 + rand() % sizeof(usual)] = rand() % 16;
		ASSERT_EQ(parse(bytes, sizeof(bytes), &padded),
			  parse(bytes + 4, sizeof(usual), &out));
		ASSERT_TRUE(same(&padded, &out)) TH_LOG("SYN %u", n);
	}
	memcpy(bytes + 4, usual, sizeof(usual));
	bytes[4 + 3] = 1;
	EXPECT_EQ(0, parse(bytes + 4, sizeof(usual), &out));
	EXPECT_EQ(1, out.mss);
	EXPECT_EQ(MYTCP_OPT_WSCALE | MYTCP_OPT_SACK_OK | MYTCP_OPT_TS, out.has);
}

TEST(MUST_6_every_unknown_kind_is_skipped_by_its_length)
{
	u8 bytes[MYTCP_OPTIONS_MAX];
	struct mytcp_options out;
	unsigned int kind;
	unsigned int len;

	for (kind = 3; kind < 256; kind++) {
		for (len = 2; len <= MYTCP_OPTIONS_MAX - 4; len++) {
			/* Its value looks like an MSS of its own. */
			memset(bytes, MSS, sizeof(bytes));
			bytes[0] = kind;
			bytes[1] = len;
			bytes[len] = MSS;
			bytes[len + 1] = 4;
			bytes[len + 2] = 0x02;
			bytes[len + 3] = 0x18;
			ASSERT_EQ(0, parse(bytes, len + 4, &out));
			ASSERT_EQ(536, out.mss) {
				TH_LOG("kind %u, length %u", kind, len);
			}
		}
	}
}

TEST(MUST_7_a_length_below_two_is_an_error_for_every_kind)
{
	struct mytcp_options out;
	unsigned int kind;

	for (kind = 2; kind < 256; kind++) {
		u8 zero[] = { kind, 0, NOP, NOP };
		u8 one[] = { kind, 1, NOP, NOP };

		EXPECT_EQ(-EINVAL, parse(zero, sizeof(zero), &out));
		EXPECT_EQ(-EINVAL, parse(one, sizeof(one), &out));
	}
}

TEST(MUST_7_a_length_past_the_header_is_an_error_at_every_place)
{
	u8 bytes[MYTCP_OPTIONS_MAX];
	struct mytcp_options out;
	unsigned int at, kind;

	for (kind = 2; kind < 9; kind++) {
		for (at = 0; at + 2 <= sizeof(bytes); at++) {
			memset(bytes, NOP, sizeof(bytes));
			bytes[at] = kind;
			bytes[at + 1] = sizeof(bytes) - at + 1;
			EXPECT_EQ(-EINVAL,
				  parse(bytes, sizeof(bytes), &out));
			bytes[at + 1] = 255;
			EXPECT_EQ(-EINVAL,
				  parse(bytes, sizeof(bytes), &out));
			bytes[at + 1] = sizeof(bytes) - at;
			EXPECT_EQ(0, parse(bytes, sizeof(bytes), &out));
		}
	}
}

TEST(MUST_68_a_kind_without_room_for_its_length_is_an_error)
{
	struct mytcp_options out;

	EXPECT_EQ(-EINVAL, PARSE(&out, MSS));
	EXPECT_EQ(-EINVAL, PARSE(&out, NOP, NOP, NOP, 8));
	EXPECT_EQ(0, PARSE(&out, NOP, NOP, NOP, NOP));
	EXPECT_EQ(0, PARSE(&out, NOP, NOP, NOP, EOL));
}

TEST(nothing_after_eol_is_read)
{
	struct mytcp_options out;

	EXPECT_EQ(0, PARSE(&out, EOL, MSS, 4, 0x05, 0xb4));
	EXPECT_EQ(0, out.mss);
	EXPECT_EQ(0, PARSE(&out, EOL, MSS, 0, 0, 0));
	EXPECT_EQ(0, PARSE(&out, NOP, EOL, 254, 255));
}

TEST(an_mss_whose_length_is_not_four_is_skipped)
{
	struct mytcp_options out;

	EXPECT_EQ(0, PARSE(&out, MSS, 2, MSS, 4, 0x01, 0x02));
	EXPECT_EQ(0x0102, out.mss);
	EXPECT_EQ(0, PARSE(&out, MSS, 3, 0xff, NOP));
	EXPECT_EQ(0, out.mss);
	EXPECT_EQ(0, PARSE(&out, MSS, 5, 1, 2, 3, MSS, 4, 0x01, 0x02));
	EXPECT_EQ(0x0102, out.mss);
}

TEST(of_two_mss_options_the_first_counts)
{
	struct mytcp_options out;

	EXPECT_EQ(0, PARSE(&out, MSS, 4, 0x05, 0xb4, MSS, 4, 0xff, 0xff));
	EXPECT_EQ(1460, out.mss);
}

TEST(an_mss_of_zero_counts_as_absent)
{
	struct mytcp_options out;

	EXPECT_EQ(0, PARSE(&out, MSS, 4, 0, 0));
	EXPECT_EQ(0, out.mss);
}

TEST(what_is_written_is_read_back)
{
	struct mytcp_options in = { 0 };
	struct mytcp_options out;
	u8 bytes[MYTCP_OPTIONS_MAX];
	unsigned int mss, len;

	for (mss = 0; mss < 65536; mss++) {
		in.mss = mss;
		len = mytcp_option_write(bytes, &in);
		ASSERT_EQ(mss ? 4 : 0, len);
		ASSERT_EQ(0, parse(bytes, len, &out));
		ASSERT_EQ(mss, out.mss);
	}
}

TEST(MUST_69_what_is_written_fills_whole_words)
{
	struct mytcp_options in = { .mss = 1460 };
	u8 bytes[MYTCP_OPTIONS_MAX];
	unsigned int len;

	memset(bytes, 0xa5, sizeof(bytes));
	len = mytcp_option_write(bytes, &in);
	EXPECT_EQ(0, len % 4);
	EXPECT_EQ(MSS, bytes[0]);
	EXPECT_EQ(4, bytes[1]);
	EXPECT_EQ(0x05, bytes[2]);
	EXPECT_EQ(0xb4, bytes[3]);
	EXPECT_EQ(0xa5, bytes[len]);
}

TEST_HARNESS_MAIN
