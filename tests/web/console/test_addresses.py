from framegate.web.console import addresses


def task(picture=None, outputs=()):
    return {"task": "task_1", "picture": picture, "outputs": list(outputs)}


def test_link_of_ours_is_known_by_its_path_alone():
    url = "https://gate.example.com/videos/v.mp4?expires=1&signature=a"
    assert addresses.local(url) == "/videos/v.mp4?expires=1&signature=a"
    assert addresses.local("") == ""


def test_uploaded_picture_is_shown_and_a_foreign_one_is_never_asked_for():
    own = {"id": "img_1", "url": "http://127.0.0.1:8787/images/img_1?signature=a"}
    assert addresses.own_picture(task(own)) == "/images/img_1?signature=a"
    foreign = {"id": "", "url": "https://cdn.example.com/a.jpg"}
    assert addresses.own_picture(task(foreign)) == ""
    assert addresses.own_picture(task({"id": "img_1", "url": ""})) == ""
    assert addresses.own_picture(task()) == ""


def test_video_has_no_address_before_it_is_there():
    assert addresses.video(task()) == ""
    assert addresses.video(task(outputs=[{"url": "http://h/videos/v.mp4?e=1"}])) == (
        "/videos/v.mp4?e=1"
    )


def test_filters_that_are_empty_are_no_part_of_an_address():
    assert addresses.asked("/here", {"text": "", "state": ""}) == "/here"
    assert addresses.asked("/here", {"text": "a&b", "state": ""}) == "/here?text=a%26b"


def test_settings_are_reused_by_the_id_of_their_task():
    assert addresses.reuse(task()) == "/console/playground#reuse=task_1"
