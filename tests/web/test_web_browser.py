"""The explorer in a real browser: numbers, sessions, addresses, widths, no foreign requests."""

import re
from urllib.parse import quote

import pytest
import yaml
from hostile_addresses import ADDRESSES

import darkstate as ds
from darkstate.scenarios.loading import parse_scenario


def expect(what):
    from playwright.sync_api import expect as waiting

    return waiting(what)


def number_of(model, first, second):
    value = ds.log_negativity(ds.steady_state(model).state, first, second)
    return f"{value:.6g}"


def see(page, number):
    """Wait for a number that belongs to what is set now."""
    expect(page.locator("#number")).to_have_text(number)
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_a_slider_moves_the_number_to_the_right_value_and_the_address_follows(visit):
    page = visit()
    see(page, number_of(ds.models.CavityChains(4, loss=0.05), "A4", "B4"))
    expect(page.locator("#verdict")).to_have_text("certified")
    expect(page.locator("img")).to_have_count(3)
    page.locator(".noUi-handle").nth(2).press("ArrowRight")
    loss = page.get_by_label("loss (rate)", exact=True)
    expect(loss).to_have_value("0.052")
    see(page, number_of(ds.models.CavityChains(4, loss=0.052), "A4", "B4"))
    page.wait_for_url("**loss=0.052")
    loss.fill("0.7")
    loss.press("Enter")
    see(page, number_of(ds.models.CavityChains(4, loss=0.7), "A4", "B4"))
    page.wait_for_url("**loss=0.7")
    page.reload()
    see(page, number_of(ds.models.CavityChains(4, loss=0.7), "A4", "B4"))
    assert not page.faults


def test_two_sessions_do_not_see_each_other(visit):
    one, other = visit("sites=2&loss=0.1"), visit("sites=3&loss=0.2")
    see(one, number_of(ds.models.CavityChains(2, loss=0.1), "A2", "B2"))
    see(other, number_of(ds.models.CavityChains(3, loss=0.2), "A3", "B3"))
    one.locator(".noUi-handle").nth(0).press("ArrowRight")
    see(one, number_of(ds.models.CavityChains(3, loss=0.1), "A3", "B3"))
    see(other, number_of(ds.models.CavityChains(3, loss=0.2), "A3", "B3"))


@pytest.mark.slow
def test_another_model_is_picked(visit):
    page = visit()
    page.get_by_label("model", exact=True).select_option("ParametricPair")
    see(page, number_of(ds.models.ParametricPair(coupling=1.8), "A1", "B1"))
    page.wait_for_url("**model=ParametricPair**")


@pytest.mark.slow
def test_a_wrong_text_is_told_and_its_number_gone(visit):
    page = visit()
    expect(page.locator("#number")).to_be_visible()
    loss = page.get_by_label("loss (rate)", exact=True)
    loss.fill("__import__('os')")
    loss.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("`loss` must be a number")
    expect(page.locator("#number")).to_have_count(0)
    loss.fill("0.1")
    loss.press("Enter")
    see(page, number_of(ds.models.CavityChains(4, loss=0.1), "A4", "B4"))
    expect(page.get_by_role("alert")).to_have_count(0)


HARMFUL = [one for one in ADDRESSES if re.search(r"import|script|onerror|eval|a\?b|%ff", one)]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(one, marks=() if "<script>" in one else pytest.mark.slow, id=one[:24])
        for one in HARMFUL
    ],
)
def test_hostile_addresses_are_told_as_text_and_run_nothing(visit, query):
    page = visit(query if "%" in query else quote(query, safe="=&?"))
    expect(page.get_by_role("alert")).to_contain_text("The address was refused")
    expect(page.locator("#number")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert not page.faults


@pytest.mark.slow
def test_what_is_too_large_is_refused_with_what_would_do(visit):
    page = visit("model=SpinChains&sites=30&dephasing=0.1")
    expect(page.get_by_role("alert")).to_contain_text("Use a smaller network")
    expect(page.locator("#number")).to_have_count(0)


def test_on_a_phone_nothing_is_cut_and_nothing_is_asked_of_anybody_else(visit, explorer):
    page = visit(width=390)
    expect(page.locator("img")).to_have_count(3)
    expect(page.locator("a[download]").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_label("drive nbar", exact=True).scroll_into_view_if_needed()
    expect(page.locator("#number")).to_be_in_viewport()
    host = explorer.removeprefix("http://")
    known = (f"http://{host}", f"ws://{host}", f"blob:http://{host}", "data:")
    assert [url for url in page.asked if not url.startswith(known)] == []
    assert any(url.startswith("ws://") for url in page.asked)


@pytest.mark.slow
def test_the_files_that_are_saved_hold_the_view(visit, tmp_path):
    page = visit("sites=2&loss=0.1")
    expect(page.locator("a[download='CavityChains.yaml']")).to_be_visible()
    for name in ("CavityChains.yaml", "CavityChains-pairs.csv", "CavityChains-network.svg"):
        with page.expect_download() as saved:
            page.locator(f"a[download='{name}']").click()
        saved.value.save_as(tmp_path / name)
    scenario = parse_scenario((tmp_path / "CavityChains.yaml").read_text())
    assert scenario.model == ds.models.CavityChains(2, loss=0.1)
    assert yaml.safe_load((tmp_path / "CavityChains.yaml").read_text())["measures"]
    assert (tmp_path / "CavityChains-pairs.csv").read_text().startswith("pair,first,second")
    assert "<svg" in (tmp_path / "CavityChains-network.svg").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_have_words_controls_have_names_and_text_has_contrast(visit, scheme):
    page = visit(scheme=scheme)
    expect(page.locator("img")).to_have_count(3)
    alts = page.locator("img").evaluate_all("all => all.map(one => one.alt)")
    assert all(len(alt) > 10 for alt in alts)
    for control in page.locator("input:visible, select:visible, button:visible").all():
        assert control.evaluate("one => one.labels?.length || one.textContent || one.title")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "darkstate explorer"
    for name in (".name", "#verdict", "summary", "figcaption", "a[download]"):
        assert contrast(page.locator(name).first) >= 4.5, name


def contrast(element):
    """Ratio of the luminances of a text and of what is behind it, as WCAG defines it."""
    front, back = element.evaluate("""one => {
        const root = getComputedStyle(document.documentElement);
        const probe = document.createElement('i');
        probe.style.color = root.getPropertyValue('--card');
        document.body.append(probe);
        const back = getComputedStyle(probe).color;
        probe.remove();
        return [getComputedStyle(one).color, back];
    }""")
    lights = sorted(luminance(colour) for colour in (front, back))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
