import { expect, test } from "vitest";
import { field, fieldIf, fieldsJson, fieldsText, formatJson, JsonNumber, textOnly } from "./fields.ts";

const LINK = [
	field("1: ", "ifindex", 1),
	field("lo: ", "ifname", "lo"),
	field("<LOOPBACK,UP> ", "flags", ["LOOPBACK", "UP"]),
	...fieldIf(false, "master br0 ", "master", "br0"),
	textOnly("\n"),
];

test("the same fields become a line and a JSON object", () => {
	expect(fieldsText(LINK)).toBe("1: lo: <LOOPBACK,UP> \n");
	expect(fieldsJson(LINK)).toEqual({ ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP"] });
});

test("JSON without -p has no spaces", () => {
	expect(formatJson([fieldsJson(LINK), {}, { empty: [], none: null }])).toBe(
		'[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP"]},{},{"empty":[],"none":null}]\n',
	);
	expect(formatJson([])).toBe("[]\n");
});

test("JSON with -p is laid out as iproute2 lays it out", () => {
	const value = [{ a: 1, flags: ["X", "Y"], no: [], list: [{ b: true }, { c: new JsonNumber("0.00") }] }, {}];
	expect(formatJson(value, { pretty: true })).toBe(`[ {
        "a": 1,
        "flags": [ "X","Y" ],
        "no": [ ],
        "list": [ {
                "b": true
            },{
                "c": 0.00
            } ]
    },{} ]
`);
});
