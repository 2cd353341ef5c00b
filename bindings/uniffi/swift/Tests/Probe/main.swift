import Glueberry
