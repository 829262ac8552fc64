from framegate import samples


async def test_playground_is_for_who_is_signed_in(door):
    assert (await door.get("/console/playground")).status_code == 401


async def test_playground_offers_every_sample_with_its_file(looker, door):
    await looker.sign_in()
    text = (await looker.get("/console/playground")).text
    for name in samples.names():
        assert f"/samples/{name}.jpg" in text
