"""What probes and strangers see first."""

import shutil


async def test_the_root_says_what_this_is_and_where_to_go(door):
    data = (await door.get("/")).json()["data"]
    assert data["name"] == "framegate"
    assert data["create"].endswith("/kling/image-to-video/kling-3.0-turbo")


async def test_healthz_asks_nothing_of_the_database(door):
    await door.gateway.database.close()
    assert (await door.get("/healthz")).status_code == 200


async def test_readyz_is_200_while_the_database_can_be_written(door):
    data = (await door.get("/readyz")).json()["data"]
    assert data["status"] == "ready"
    assert data["jobs"] == {"audit": 1, "sweep": 1}


async def test_readyz_is_503_with_a_time_to_come_back_when_it_cannot(door):
    await door.gateway.database.close()
    answer = await door.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, 5001)
    assert int(answer.headers["Retry-After"]) >= 1


async def test_an_unknown_path_gets_the_envelope(door):
    answer = await door.get("/kling/image-to-movie")
    assert (answer.status_code, answer.json()["code"]) == (404, 1203)
    assert answer.json()["message"] == "path not found: /kling/image-to-movie"


async def test_a_folder_that_vanished_is_no_server_error(door):
    shutil.rmtree(door.gateway.folder / "incoming")
    answer = await door.post("/api/images", b"x", key=door.key())
    assert answer.status_code == 503
