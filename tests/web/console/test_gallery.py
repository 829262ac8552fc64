async def test_gallery_is_for_who_is_signed_in(door):
    assert (await door.get("/console/gallery")).status_code == 401


async def test_gallery_is_in_the_navigation(looker):
    await looker.sign_in()
    text = (await looker.get("/console/gallery")).text
    assert 'href="/console/gallery" aria-current="page"' in text
