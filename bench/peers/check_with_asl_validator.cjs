// asl-validator over definitions: node check_with_asl_validator.cjs NODE_MODULES FILE...; prints {"seconds": [...], "errors": [...]}.
const path = require("path");
const fs = require("fs");
const [modules, ...files] = process.argv.slice(2);
const validate = require(path.join(path.resolve(modules), "asl-validator"));
const seconds = [];
const errors = [];
for (const file of files) {
  const began = process.hrtime.bigint();
  let valid = false;
  try {
    valid = validate(JSON.parse(fs.readFileSync(file, "utf8"))).isValid;
  } catch (error) {
    valid = false;
  }
  seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
  errors.push(!valid);
}
console.log(JSON.stringify({ seconds, errors }));
