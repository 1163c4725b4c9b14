"""AWS resources as typed values, written as CloudFormation and as Terraform JSON."""
