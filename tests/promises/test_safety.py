"""Every promise of docs/safety.md has tests, by name; nobody removes the last one unnoticed."""

import ast
import re

import pytest

from framegate.store import audit
from promises.pages import ROOT, page, section

SAFETY = page("docs/safety.md")
PROMISES = 23

TESTS = {
    1: [
        "test_ledger_is_append_only_whoever_asks",
        "test_books_hold_under_any_order_of_verbs",
        "test_damage_is_found_and_named",
    ],
    2: [
        "test_books_hold_under_any_order_of_verbs",
        "test_amount_beyond_the_limit_is_refused",
        "test_balance_stops_before_it_leaves_whole_numbers",
        "test_a_damaged_balance_is_named_and_fails_the_command",
    ],
    3: [
        "test_two_hundred_creates_at_once_never_overdraw",
        "test_limited_account_stays_above_zero_whoever_asks",
        "test_hold_beyond_the_credit_is_refused_with_both_sums",
        "test_fifty_creates_at_once_never_pass_a_limit",
        "test_budget_is_spent_to_the_last_micro_and_then_says_whose_it_is",
    ],
    4: [
        "test_task_has_one_hold_and_no_second",
        "test_closed_hold_never_opens_again",
        "test_task_is_settled_once_even_past_our_own_code",
    ],
    5: [
        "test_success_stores_the_video_and_settles_the_hold_once",
        "test_failure_releases_the_whole_hold_and_keeps_the_reason",
        "test_the_deadline_releases_what_never_ended",
        "test_price_is_kept_whatever_happens_to_the_list_and_the_task",
        "test_example_of_the_page_becomes_the_video_that_it_orders",
    ],
    6: [
        "test_news_after_the_end_changes_nothing",
        "test_a_success_after_the_end_is_written_down_and_charges_nothing",
    ],
    7: [
        "test_every_connection_is_durable_and_strict",
        "test_answer_comes_after_the_commit",
        "test_task_and_hold_are_committed_before_anything_is_sent",
        "test_killed_server_loses_no_task_and_makes_no_video_twice",
        "test_database_whose_disk_fails_refuses_and_goes_on_when_it_works_again",
        "test_long_lock_is_refused_with_a_time_to_come_back_and_ends_by_itself",
    ],
    8: [
        "test_no_refusal_leaves_a_row",
        "test_body_that_is_no_order_is_refused_and_leaves_nothing",
        "test_a_refusal_is_relayed_and_leaves_no_task_to_the_caller",
        "test_refusal_releases_the_hold_and_frees_both_ids",
    ],
    9: [
        "test_example_reaches_the_vendor_byte_for_byte",
        "test_odd_body_reaches_the_vendor_byte_for_byte",
        "test_bytes_are_kept_with_their_spaces_escapes_and_order",
        "test_ten_thousand_bodies_are_judged_and_sent_as_they_came",
        "test_every_byte_outside_a_replaced_value_stays",
        "test_three_things_are_rewritten_and_nothing_else",
    ],
    10: [
        "test_post_on_a_connection_that_dies_is_never_sent_twice",
        "test_an_uncertain_send_is_never_repeated_elsewhere",
        "test_unknown_outcome_keeps_hold_and_ids_and_is_never_sent_again",
        "test_task_of_an_unknown_outcome_is_found_by_its_external_id_and_paid_once",
        "test_a_task_whose_sender_died_becomes_uncertain_not_resent",
    ],
    11: [
        "test_task_makes_no_other_move",
        "test_ended_task_is_not_written_again_not_even_with_its_own_status",
        "test_a_stale_look_is_fenced_and_leaves_no_second_video",
        "test_news_after_the_end_changes_nothing",
    ],
    12: [
        "test_every_open_task_has_a_wake_up",
        "test_a_task_that_lost_its_wake_up_is_woken",
        "test_clock_that_is_set_lets_nothing_wait_for_it_and_ends_nothing_early",
        "test_all_that_waits_is_brought_forward_and_a_deadline_stays",
        "test_a_removed_upstream_does_not_strand_its_tasks",
    ],
    13: [
        "test_a_repeat_with_the_same_key_and_bytes_gets_the_same_answer",
        "test_the_same_key_with_other_bytes_is_a_conflict",
        "test_a_twin_in_flight_is_told_to_wait",
        "test_same_idempotency_key_is_the_same_task_after_a_kill",
    ],
    14: [
        "test_who_asked_to_be_told_is_owed_a_delivery_in_the_same_commit",
        "test_delivery_is_given_up_after_the_tenth_attempt_and_not_before",
        "test_gone_ends_the_schedule_at_once",
        "test_failed_attempt_is_kept_and_the_delivery_waits_under_its_own_id",
        "test_end_of_a_task_is_told_once_signed_with_the_vendors_object",
        "test_every_step_of_a_task_is_owed_with_the_change",
        "test_gone_disables_the_endpoint_and_gives_up_what_is_pending",
        "test_delivery_sent_again_by_hand_has_a_whole_new_schedule",
    ],
    15: [
        "test_slow_receiver_holds_up_its_own_host_alone",
        "test_thousand_deliveries_to_a_host_that_hangs_delay_no_other_host",
        "test_an_account_has_so_many_turns_under_however_many_host_names",
    ],
    16: [
        "test_write_that_fails_leaves_nothing_at_all",
        "test_a_file_that_is_no_mp4_is_never_called_a_video",
        "test_file_that_does_not_come_whole_is_removed",
        "test_orphans_of_a_crash_are_removed_once_they_are_old",
        "test_video_without_its_whole_file_is_found_and_named",
        "test_files_whose_disk_fails_refuse_uploads_and_keep_videos_waiting",
        "test_full_disks_refuse_what_they_cannot_keep_and_everything_goes_on_when_there_is_room",
    ],
    17: [
        "test_every_spelling_of_ipv4_is_read",
        "test_wrapped_address_counts_as_what_it_reaches",
        "test_every_redirect_is_judged_like_the_first_address",
        "test_connection_goes_to_the_address_that_was_judged",
        "test_name_that_changes_its_mind_is_judged_again",
        "test_proxies_of_the_environment_are_ignored",
        "test_names_that_lie_open_no_socket_inside_and_each_fails_with_the_same_sentence",
        "test_unreachable_picture_fails_the_task_and_does_not_say_why",
    ],
    18: [
        "test_a_header_beyond_the_limit_is_refused_before_decoding",
        "test_a_picture_beyond_the_limit_is_stopped_while_it_comes",
        "test_a_picture_that_needs_too_much_memory_is_refused",
        "test_a_render_beyond_its_processor_time_is_ended",
        "test_a_child_that_hangs_is_killed_at_the_wall_limit",
        "test_a_killed_child_is_a_failed_render",
        "test_any_bytes_are_facts_or_a_sentence_about_the_image",
        "test_bodies_of_60_mb_are_refused_and_leave_no_trace_in_memory",
        "test_trouble_of_our_own_is_no_try_of_the_render_and_no_failure",
    ],
    19: [
        "test_another_accounts_ids_are_answered_as_unknown_ones",
        "test_another_accounts_task_and_no_task_are_the_same_answer",
        "test_caller_finds_nobody_elses_task_by_any_id",
        "test_task_of_another_account_is_answered_like_one_that_never_was",
        "test_unknown_ids_and_other_accounts_ids_are_the_same_nothing",
        "test_a_page_is_newest_first_and_its_callers_own",
        "test_every_route_with_an_id_is_known_to_this_walk",
        "test_route_with_an_id_of_another_account_answers_as_if_there_were_no_such_thing",
        "test_no_list_shows_a_thing_of_another_account",
        "test_guess_that_is_nearly_right_learns_no_more_than_one_that_is_not",
    ],
    20: [
        "test_a_key_is_kept_nowhere",
        "test_settings_show_no_secret_when_they_are_printed",
        "test_a_busy_day_leaves_no_secret_in_log_figures_database_or_news",
        "test_no_key_prompt_address_or_path_left_us",
        "test_strings_come_back_as_data_and_forge_no_line_of_the_log",
    ],
    21: [
        "test_client_that_dribbles_its_headers_is_answered_408",
        "test_body_that_stops_coming_is_given_up_at_the_deadline",
        "test_handler_that_never_answers_is_ended_at_the_deadline",
        "test_client_that_never_reads_its_answer_is_ended",
        "test_any_bytes_are_an_object_or_a_named_refusal",
        "test_every_way_to_ask_wrongly_is_answered_in_the_envelope",
        "test_request_that_is_framed_wrong_is_refused",
        "test_heads_that_dribble_are_ended_and_nobody_else_waits",
        "test_bodies_that_dribble_are_ended_and_leave_nothing",
    ],
    22: [
        "test_options_says_the_methods_and_grants_no_other_origin",
        "test_every_answer_tells_the_browser_not_to_guess",
        "test_no_answer_may_be_framed_or_kept",
        "test_session_without_the_proof_changes_nothing",
        "test_form_of_another_site_does_nothing",
        "test_preview_of_a_link_does_not_use_it_up",
        "test_link_works_once",
        "test_of_many_who_use_a_link_at_once_one_gets_in",
        "test_session_cookie_is_for_us_alone",
        "test_revoked_key_takes_its_sessions_along",
        "test_policy_lets_nothing_inline_or_foreign_run",
        "test_what_somebody_called_an_account_is_text",
        "test_no_token_is_in_the_database",
    ],
    23: [
        "test_full_queue_refuses_and_harms_nobody_who_waits",
        "test_full_line_refuses_early_and_harms_nobody_who_waits",
        "test_newcomer_is_let_in_at_once_however_long_the_others_line_is",
        "test_order_behind_a_backlog_goes_after_the_one_that_runs",
        "test_rate_is_judged_before_the_body_and_after_the_right",
        "test_connection_beyond_the_limit_is_answered_503_and_the_others_are_unharmed",
        "test_locked_database_is_down_until_the_lock_is_gone",
        "test_connections_beyond_the_limit_hear_so_and_those_before_are_served",
        "test_connections_beyond_what_descriptors_allow_are_answered_503",
        "test_descriptors_that_run_out_refuse_uploads_and_come_back_by_themselves",
    ],
}

# Promises that mean more than their tests show. The page says what; no number is ever added.
NOT_WHOLLY_TESTED: set[int] = set()


def numbers(text, pattern):
    return [int(number) for number in re.findall(pattern, text, re.MULTILINE)]


def existing_tests():
    for path in ROOT.glob("tests/**/test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.name


EXISTING = frozenset(existing_tests())


def test_page_has_every_promise_in_its_order():
    told = numbers(section(SAFETY, "The promises").text, r"^(\d+)\. \*\*")
    assert told == list(range(1, PROMISES + 1)) == list(TESTS)


@pytest.mark.parametrize("promise", TESTS)
def test_promise_has_tests_and_each_of_them_exists(promise):
    assert TESTS[promise]
    assert [name for name in TESTS[promise] if name not in EXISTING] == []


def test_page_is_honest_about_what_is_not_tested():
    told = numbers(section(SAFETY, "Not tested yet").text, r"^- (\d+):")
    assert set(told) == NOT_WHOLLY_TESTED


def test_audit_checks_promises_of_the_page():
    assert {promise for promise, _, _ in audit._CHECKS} <= set(TESTS)
